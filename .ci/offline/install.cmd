@echo off
rem Installs atttcli, or upgrades it, without a network: install.cmd [FOLDER]
rem Every version stands in a folder of its own; atttcli.cmd is rewritten last and says which is in use.
setlocal EnableExtensions DisableDelayedExpansion
chcp 65001 >nul
set "HERE=%~dp0"
set "TARGET=%ProgramFiles%\atttcli"
if not "%~1"=="" set "TARGET=%~f1"
set "PYTHONUTF8=1"
set "PY="
for %%V in (@PYTHONS@) do if not defined PY if exist "%HERE%requirements-win-amd64-%%V.txt" (
  py -%%V -I -c "import sys; sys.exit(sys.maxsize < 2**32)" >nul 2>nul && set "PY=py -%%V" && set "SERIES=%%V"
)
if not defined PY (
  echo install.cmd: no 64-bit Python @PYTHONS@ was found ^(py -0 lists what is installed^) 1>&2
  exit /b 2
)
%PY% -I -B "%HERE%check.py" || (
  echo install.cmd: this folder is not as its maker put it together: carry it over again 1>&2
  exit /b 7
)
if not exist "%HERE%maker.pub" echo install.cmd: this folder is NOT SIGNED 1>&2
for /f %%S in ('%PY% -I -B -c "import hashlib,sys; print(hashlib.sha256(open(sys.argv[1],'rb').read()).hexdigest()[:8])" "%HERE%SHA256SUMS"') do set "SUM=%%S"
set "NEW=%TARGET%\v\@VERSION@-%SERIES%-%SUM%"
if exist "%TARGET%\maker.pub" (
  call :verify "%TARGET%\maker.pub" "%TARGET%\current.txt" || (
    echo install.cmd: not signed by the maker of what is installed: nothing was changed 1>&2
    exit /b 4
  )
)
if not exist "%NEW%\.whole" (
  if exist "%NEW%" rmdir /s /q "%NEW%"
  %PY% -I -m venv "%NEW%" || exit /b 2
  "%NEW%\Scripts\python.exe" -I -m pip --disable-pip-version-check install --quiet --no-index --no-cache-dir --require-hashes --find-links "%HERE%wheels\win-amd64" -r "%HERE%requirements-win-amd64-%SERIES%.txt" || exit /b 2
)
"%NEW%\Scripts\atttcli.exe" --version || exit /b 2
if exist "%HERE%maker.pub" (
  "%NEW%\Scripts\python.exe" -I -B "%HERE%verify.py" "%HERE%SHA256SUMS" "%HERE%maker.pub" || exit /b 7
  if not exist "%TARGET%\maker.pub" copy /y "%HERE%maker.pub" "%TARGET%\maker.pub" >nul
)
type nul > "%NEW%\.whole"
> "%TARGET%\current.txt" echo %NEW%
> "%TARGET%\atttcli.new" echo @"%NEW%\Scripts\atttcli.exe" %%*
move /y "%TARGET%\atttcli.new" "%TARGET%\atttcli.cmd" >nul || exit /b 2
echo installed: "%TARGET%\atttcli.cmd"
exit /b 0

:verify
set /p OLD=<"%~2"
"%OLD%\Scripts\python.exe" -I -B "%HERE%verify.py" "%HERE%SHA256SUMS" "%~1"
exit /b %ERRORLEVEL%
