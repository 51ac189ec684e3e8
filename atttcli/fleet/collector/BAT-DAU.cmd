@echo off
setlocal DisableDelayedExpansion
chcp 65001 >nul 2>nul
set "HERE=%~dp0"
echo.
echo  Neu may dang bi ma hoa tep (duoi tep la, thu doi tien): RUT USB NGAY, khong chay tiep.
echo  Nen chay bang quyen quan tri: bam chuot phai vao tep nay, chon "Run as administrator".
echo.
set "PS=%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe"
if exist "%SystemRoot%\Sysnative\WindowsPowerShell\v1.0\powershell.exe" set "PS=%SystemRoot%\Sysnative\WindowsPowerShell\v1.0\powershell.exe"
if not exist "%PS%" goto missing
"%PS%" -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "%HERE%collector\collect.ps1" %*
set "ENDED=%ERRORLEVEL%"
echo.
pause
exit /b %ENDED%
:missing
echo  May nay khong co PowerShell: hay goi don vi da dua USB.
pause
exit /b 2
