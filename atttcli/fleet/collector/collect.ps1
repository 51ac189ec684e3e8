# Collects from one Windows machine what the centre needs: PowerShell 2 (Windows 7) and newer, nothing installed, no network.
# It reads, and writes only below its output folder. Only classes of .NET 2 and 3.5, only cmdlets of PowerShell 2.
#
#   powershell -ExecutionPolicy Bypass -File collect.ps1 [-Out DIR] [-MaxTime SECONDS] [-MaxFiles N] [-MaxSize BYTES] [-Days N] [-Quiet]
#
# Every name and value is written in printable ASCII, other bytes (of UTF-8) as %XX: no file name can forge a line.
# Ends with 0 (nothing found), 1 (found) or 2 (not everything could be looked at).
param(
    [string]$Out = '',
    [int]$MaxTime = 1800,
    [int]$MaxFiles = 60000,
    [long]$MaxSize = 33554432,
    [int]$Days = 14,
    [switch]$Quiet
)

$ErrorActionPreference = 'SilentlyContinue'
$Here = Split-Path -Parent $MyInvocation.MyCommand.Definition
$Kit = Split-Path -Parent $Here
if ($Out -eq '') { $Out = Join-Path $Kit 'out' }
$Lists = Join-Path $Here 'indicators'
$Culture = [System.Globalization.CultureInfo]::InvariantCulture
$Ascii = New-Object System.Text.ASCIIEncoding
$Utf8 = New-Object System.Text.UTF8Encoding($false)
$Tab = "`t"
$Started = [DateTime]::UtcNow
$Deadline = $Started.AddSeconds($MaxTime)
$Stopped = ''

# ---- words ----

function Encode([string]$Text) {
    if ($Text -match '^[ -$&-~]*\z') { return $Text }
    $Built = New-Object System.Text.StringBuilder
    foreach ($Byte in $Utf8.GetBytes($Text)) {
        if ($Byte -ge 32 -and $Byte -lt 127 -and $Byte -ne 37) { [void]$Built.Append([char]$Byte) }
        else { [void]$Built.Append('%').Append($Byte.ToString('X2', $Culture)) }
    }
    return $Built.ToString()
}

function Cut([string]$Text, [int]$Most) {
    if ($Text.Length -gt $Most) { return $Text.Substring(0, $Most) }
    return $Text
}

function Moment([DateTime]$When) { return $When.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss', $Culture) + 'Z' }

function Say([string]$Text) { if (-not $Quiet) { Write-Host $Text } }

# A console that shows no Vietnamese letters gets the line once more without marks.
function Tell([string]$Text) {
    Write-Host $Text
    $Page = 0
    try { $Page = [Console]::OutputEncoding.CodePage } catch { $Page = 0 }
    if ($Page -ne 65001) {
        $Bare = New-Object System.Text.StringBuilder
        foreach ($One in $Text.Normalize([System.Text.NormalizationForm]::FormD).ToCharArray()) {
            if ([System.Globalization.CharUnicodeInfo]::GetUnicodeCategory($One) -ne [System.Globalization.UnicodeCategory]::NonSpacingMark) {
                [void]$Bare.Append($One)
            }
        }
        Write-Host ($Bare.ToString().Replace([string][char]0x111, 'd').Replace([string][char]0x110, 'D').Replace([string][char]0x2013, '-'))
    }
}

# ---- the output folder ----

$Said = @{}
try {
    foreach ($Line in [System.IO.File]::ReadAllLines((Join-Path $Here 'kit.txt'), $Utf8)) {
        $Parts = $Line.Split([char]9)
        if ($Parts.Length -eq 2) { $Said[$Parts[0]] = $Parts[1] }
    }
} catch { $Said = @{} }
if (-not $Said.ContainsKey('kit')) {
    Tell 'Thiếu tệp kit.txt bên cạnh; hãy chép lại cả thư mục của USB.'
    exit 2
}
$Number = $Said['kit']
$Call = $Said['call']
$HostName = [Environment]::MachineName
$Name = $Number + '-' + ($HostName -replace '[^A-Za-z0-9._-]', '_') + '-' + $Started.ToString('yyyyMMdd-HHmmss', $Culture) + '-' + $PID
$Work = Join-Path $Out ('.' + $Name)
$LogFolder = Join-Path $Work 'logs'
try {
    [void][System.IO.Directory]::CreateDirectory($LogFolder)
    $HostFile = New-Object System.IO.StreamWriter((Join-Path $Work 'host.tsv'), $false, $Ascii)
    $FilesFile = New-Object System.IO.StreamWriter((Join-Path $Work 'files.tsv'), $false, $Ascii)
    $LogFile = New-Object System.IO.StreamWriter((Join-Path $Work 'log.txt'), $false, $Ascii)
} catch {
    Tell ('Không ghi được vào ' + $Out + ' (USB đang khoá ghi hoặc đầy?). Hãy chạy lại với: -Out THƯ-MỤC-KHÁC')
    exit 2
}
foreach ($Writer in @($HostFile, $FilesFile, $LogFile)) { $Writer.NewLine = "`n" }
$Holes = New-Object System.Collections.ArrayList
$Logs = New-Object System.Collections.ArrayList
$Hits = 0
$Failed = 0
$Left = 0
$Count = 0

function Note([string]$Text) { $LogFile.WriteLine((Moment ([DateTime]::UtcNow)) + ' ' + (Encode $Text)) }

function Hole([string]$Where, [string]$Why) {
    if ($Holes.Count -lt 1000) { [void]$Holes.Add('hole' + $Tab + (Encode (Cut $Where 1000)) + $Tab + (Encode (Cut $Why 200))) }
}

function Record([string]$Check, [string]$Kind, [string]$Subject, [string]$Rule, [int]$Severity, [string]$Title, $Pairs) {
    $Line = $Check + $Tab + $Kind + $Tab + (Encode (Cut $Subject 3000)) + $Tab + $Rule + $Tab + $Severity + $Tab + $Title
    foreach ($Pair in $Pairs) { $Line = $Line + $Tab + (Encode (Cut ([string]$Pair) 2000)) }
    $HostFile.WriteLine($Line)
    if ($Kind -eq 'hit' -and $Severity -ge 2) { $script:Hits = $script:Hits + 1 }
}

function Saw([string]$Check, [string]$Subject, $Pairs) { Record $Check 'observation' $Subject '' 0 '' $Pairs }

function Missed([string]$Check, [string]$Subject, [string]$Why) { Record $Check 'problem' $Subject '' 0 '' @("why=$Why") }

function Is-Late {
    if ([DateTime]::UtcNow -lt $Deadline) { return $false }
    $script:Stopped = 'time limit'
    return $true
}

# One part of the work: what goes wrong in it is a hole, and the next part is done all the same.
function Step([string]$Title, [scriptblock]$Block) {
    Say $Title
    Note $Title
    if (Is-Late) { Hole $Title 'time limit'; return }
    try { & $Block } catch { Hole $Title ([string]$_); Note ('error: ' + [string]$_) }
}

# ---- hashes ----

# Machines under the FIPS policy refuse the managed classes.
function New-Hash([string[]]$Classes) {
    foreach ($Class in $Classes) {
        try {
            $Made = New-Object $Class
            if ($Made -ne $null) { return $Made }
        } catch { continue }
    }
    return $null
}
[void][System.Reflection.Assembly]::LoadWithPartialName('System.Core')
$Sha256 = New-Hash @('System.Security.Cryptography.SHA256Managed', 'System.Security.Cryptography.SHA256CryptoServiceProvider', 'System.Security.Cryptography.SHA256Cng')
$Sha1 = $null
$Md5 = $null
function Is-Filled([string]$List) {
    $File = New-Object System.IO.FileInfo((Join-Path $Lists $List))
    return ($File.Exists -and $File.Length -gt 0)
}
if (Is-Filled 'sha1.tsv') { $Sha1 = New-Hash @('System.Security.Cryptography.SHA1Managed', 'System.Security.Cryptography.SHA1CryptoServiceProvider') }
if ((Is-Filled 'md5.tsv') -or $Sha256 -eq $null) { $Md5 = New-Hash @('System.Security.Cryptography.MD5CryptoServiceProvider') }

function Hex($Bytes) { return [BitConverter]::ToString($Bytes).Replace('-', '').ToLower($Culture) }

$Buffer = New-Object byte[] 65536
# Reads a file once for all its digests; $null when it cannot be read.
function Get-Digests([string]$Path) {
    $Stream = $null
    try {
        $Stream = New-Object System.IO.FileStream($Path, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, ([System.IO.FileShare]7))
        $Used = @()
        foreach ($One in @($Sha256, $Md5, $Sha1)) { if ($One -ne $null) { $One.Initialize(); $Used += $One } }
        while (($Read = $Stream.Read($Buffer, 0, 65536)) -gt 0) {
            foreach ($One in $Used) { [void]$One.TransformBlock($Buffer, 0, $Read, $Buffer, 0) }
        }
        $Result = @('-', '-', '-')
        $At = 0
        foreach ($One in @($Sha256, $Md5, $Sha1)) {
            if ($One -ne $null) {
                [void]$One.TransformFinalBlock($Buffer, 0, 0)
                $Result[$At] = Hex $One.Hash
            }
            $At = $At + 1
        }
        return $Result
    } catch {
        return $null
    } finally {
        if ($Stream -ne $null) { $Stream.Close() }
    }
}

# ---- names and hashes of files in risky places ----

$Extensions = @{}
foreach ($One in 'exe dll scr com pif cpl sys ocx ps1 psm1 bat cmd vbs vbe js jse wsf wsh hta lnk jar msi chm doc docm dot xls xlsm xlsb ppt pptm rtf asp aspx ashx asmx php jsp jspx war'.Split([char]32)) {
    $Extensions['.' + $One] = 1
}
$Seen = @{}
$ByHash = @{}
$AllFiles = New-Object System.Collections.ArrayList

function Add-File([string]$State, $Digests, [long]$Size, [string]$When, [string]$Path) {
    $Spelled = Encode $Path
    $FilesFile.WriteLine($State + $Tab + $Digests[0] + $Tab + $Digests[1] + $Tab + $Digests[2] + $Tab + $Size + $Tab + $When + $Tab + $Spelled)
    $Row = @($Spelled, $Digests[0], $Digests[1], $Size)
    [void]$AllFiles.Add($Row)
    foreach ($Digest in $Digests) {
        if ($Digest -ne '-') {
            if (-not $ByHash.ContainsKey($Digest)) { $ByHash[$Digest] = New-Object System.Collections.ArrayList }
            [void]$ByHash[$Digest].Add($Row)
        }
    }
}

function Look-At([string]$Path) {
    $Key = $Path.ToLower($Culture)
    if ($Seen.ContainsKey($Key)) { return }
    $Seen[$Key] = 1
    if ((Is-Late) -or $script:Count -ge $MaxFiles) { $script:Left = $script:Left + 1; return }
    $script:Count = $script:Count + 1
    try {
        $File = New-Object System.IO.FileInfo($Path)
        if (-not $File.Exists) { return }
        # A reparse point may lead anywhere; reading a placeholder of a cloud would download it.
        if (([int]$File.Attributes -band 0x441400) -ne 0) { Add-File 'large' @('-', '-', '-') $File.Length '-' $Path; return }
        $When = [string][long](($File.LastWriteTimeUtc - (New-Object DateTime(1970, 1, 1))).TotalSeconds)
        if ($File.Length -gt $MaxSize) { Add-File 'large' @('-', '-', '-') $File.Length $When $Path; return }
        $Digests = Get-Digests $Path
        if ($Digests -eq $null -or ($Digests[0] + $Digests[1]) -eq '--') {
            $script:Failed = $script:Failed + 1
            Add-File 'failed' @('-', '-', '-') $File.Length $When $Path
        } else {
            Add-File 'ok' $Digests $File.Length $When $Path
        }
    } catch {
        $script:Failed = $script:Failed + 1
        Add-File 'failed' @('-', '-', '-') 0 '-' $Path
    }
}

# A folder and all below it, without following links. $All: every file, not only what can run.
function Walk([string]$Root, [bool]$All, [int]$Depth) {
    if ($Root -eq '' -or -not [System.IO.Directory]::Exists($Root)) { return }
    if ($Root.StartsWith('\\')) { Hole $Root 'on the network'; return }
    $Waiting = New-Object System.Collections.Stack
    $Waiting.Push(@($Root, 0))
    while ($Waiting.Count -gt 0) {
        $Folder = $Waiting.Pop()
        if (Is-Late) { Hole $Folder[0] 'time limit'; return }
        if ($script:Count -ge $MaxFiles) { Hole $Folder[0] 'too many files'; return }
        try {
            foreach ($Path in [System.IO.Directory]::GetFiles($Folder[0])) {
                if ($All -or $Extensions.ContainsKey([System.IO.Path]::GetExtension($Path).ToLower($Culture))) { Look-At $Path }
            }
            if ($Folder[1] -lt $Depth) {
                foreach ($Path in [System.IO.Directory]::GetDirectories($Folder[0])) {
                    try {
                        if (([int][System.IO.File]::GetAttributes($Path) -band 0x400) -eq 0) { $Waiting.Push(@($Path, ($Folder[1] + 1))) }
                    } catch { Hole $Path 'permission denied or path too long' }
                }
            }
        } catch { Hole $Folder[0] 'permission denied or path too long' }
    }
}

# ---- the host ----

$System = [Environment]::GetFolderPath('System')
$Windows = Split-Path -Parent $System
$OddPlace = '(\\Temp\\|\\Tmp\\|\\Users\\Public\\|\\\$Recycle\.Bin\\|\\PerfLogs\\|\\Windows\\(Fonts|Help|Debug|Tasks|Media)\\|\\ProgramData\\[^\\]+$)'
$SystemNames = @{}
foreach ($One in 'smss.exe csrss.exe wininit.exe winlogon.exe services.exe lsass.exe lsm.exe svchost.exe spoolsv.exe taskhost.exe taskhostw.exe conhost.exe dllhost.exe rundll32.exe'.Split([char]32)) { $SystemNames[$One] = 1 }
$Programs = @{}

# The file that a command line starts.
function Program-Of([string]$Line) {
    $Line = [Environment]::ExpandEnvironmentVariables($Line.Trim())
    if ($Line -match '^"([^"]+)"') { $Line = $Matches[1] }
    elseif ($Line -match '^(.+?\.(exe|dll|scr|com|sys|bat|cmd))(\s|,|$)') { $Line = $Matches[1] }
    $Line = $Line -replace '^\\\?\?\\', ''
    $Line = $Line -replace '^\\SystemRoot\\', ($Windows + '\')
    if ($Line -match '^system32\\') { $Line = $Windows + '\' + $Line }
    return $Line
}

function Remember([string]$Path) { if ($Path -ne '' -and $Path.Length -lt 260) { $Programs[$Path] = 1 } }

function See-Processes {
    $All = @(Get-WmiObject -Class Win32_Process)
    if ($All.Length -eq 0 -or $All[0] -eq $null) { Missed 'processes' '\' 'WMI does not answer'; Hole 'processes' 'WMI does not answer'; return }
    foreach ($One in $All) {
        $Path = [string]$One.ExecutablePath
        $Shown = $Path
        if ($Shown -eq '') { $Shown = '[' + $One.Name + ']' }
        $Pairs = @("pid=$($One.ProcessId)", "parent=$($One.ParentProcessId)", "name=$($One.Name)", "started=$($One.CreationDate)", "command=$($One.CommandLine)")
        $Lower = ([string]$One.Name).ToLower($Culture)
        if ($Path -ne '' -and $SystemNames.ContainsKey($Lower) -and $Path -notmatch '\\Windows\\(System32|SysWOW64|WinSxS)\\') {
            Record 'processes' 'hit' $Shown 'host.process-system-name' 3 'A program that bears a system program''s name in the wrong folder' $Pairs
        } elseif ($Path -match $OddPlace) {
            Record 'processes' 'hit' $Shown 'host.process-temp-exe' 2 'A running program in a folder where anybody may write' $Pairs
        } else { Saw 'processes' $Shown $Pairs }
        Remember $Path
    }
}

function See-Sockets {
    foreach ($Line in @(& (Join-Path $System 'netstat.exe') -ano)) {
        if ($Line -match '^\s*(TCP|UDP)\s+(\S+)\s+(\S+)\s+(?:(\S+)\s+)?(\d+)\s*$') {
            Saw 'sockets' $Matches[2] @("protocol=$($Matches[1])", "remote=$($Matches[3])", "state=$($Matches[4])", "pid=$($Matches[5])")
        }
    }
}

function See-Services {
    foreach ($Class in @('Win32_Service', 'Win32_SystemDriver')) {
        foreach ($One in @(Get-WmiObject -Class $Class)) {
            if ($One -eq $null) { continue }
            $Path = Program-Of ([string]$One.PathName)
            $Pairs = @("name=$($One.Name)", "title=$($One.DisplayName)", "command=$($One.PathName)", "start=$($One.StartMode)", "state=$($One.State)", "account=$($One.StartName)", "kind=$Class")
            if ($Path -match $OddPlace) { Record 'services' 'hit' ([string]$One.Name) 'host.service-odd-path' 2 'A service that runs from an unusual folder' $Pairs }
            else { Saw 'services' ([string]$One.Name) $Pairs }
            if ($Path -match '^[A-Za-z]:\\') { Remember $Path }
        }
    }
}

# Every value of a registry key; $null when there is no such key.
function Values-Of([string]$Path) {
    $Key = Get-Item -LiteralPath $Path
    if ($Key -eq $null) { return }
    foreach ($ValueName in $Key.GetValueNames()) {
        $Value = $Key.GetValue($ValueName, $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
        if ($Value -is [array]) { $Value = [string]::Join(' ', [string[]]$Value) }
        @{ Name = $ValueName; Value = [string]$Value }
    }
}

function See-Registry {
    $Roots = @('HKLM:\SOFTWARE', 'HKLM:\SOFTWARE\Wow6432Node')
    foreach ($Hive in @(Get-ChildItem -LiteralPath 'Registry::HKEY_USERS')) {
        if ($Hive -ne $null) { $Roots += ('Registry::' + $Hive.Name + '\SOFTWARE') }
    }
    foreach ($Root in $Roots) {
        foreach ($Sub in @('Run', 'RunOnce', 'RunServices', 'Policies\Explorer\Run')) {
            $Path = $Root + '\Microsoft\Windows\CurrentVersion\' + $Sub
            foreach ($Pair in @(Values-Of $Path)) {
                if ($Pair -eq $null) { continue }
                Saw 'autoruns' $Path @("name=$($Pair.Name)", "command=$($Pair.Value)")
                Remember (Program-Of $Pair.Value)
            }
        }
        foreach ($Pair in @(Values-Of ($Root + '\Microsoft\Windows NT\CurrentVersion\Winlogon'))) {
            if ($Pair -eq $null -or -not ($Pair.Name -eq 'Shell' -or $Pair.Name -eq 'Userinit' -or $Pair.Name -eq 'Taskman')) { continue }
            $Usual = ($Pair.Value -match '^\s*(explorer\.exe|([A-Za-z]:\\Windows\\system32\\)?userinit\.exe,?)?\s*$')
            $Told = @("name=$($Pair.Name)", "command=$($Pair.Value)")
            if ($Usual) { Saw 'autoruns' ($Root + '\...\Winlogon') $Told }
            else { Record 'autoruns' 'hit' ($Root + '\...\Winlogon') 'host.winlogon-changed' 3 'The program that starts at log-on was changed' $Told }
        }
        foreach ($Pair in @(Values-Of ($Root + '\Microsoft\Windows NT\CurrentVersion\Windows'))) {
            if ($Pair -ne $null -and $Pair.Name -eq 'AppInit_DLLs' -and $Pair.Value.Trim() -ne '') {
                Record 'autoruns' 'hit' ($Root + '\...\AppInit_DLLs') 'host.appinit-dll' 3 'A library that is forced into every program with a window' @("command=$($Pair.Value)")
            }
        }
    }
    foreach ($Root in @('HKLM:\SOFTWARE', 'HKLM:\SOFTWARE\Wow6432Node')) {
        foreach ($Key in @(Get-ChildItem -LiteralPath ($Root + '\Microsoft\Windows NT\CurrentVersion\Image File Execution Options'))) {
            if ($Key -eq $null) { continue }
            $Debugger = [string]$Key.GetValue('Debugger')
            if ($Debugger -ne '') {
                Record 'autoruns' 'hit' ([string]$Key.PSChildName) 'host.debugger-set' 3 'Another program starts in place of the one that is asked for' @("command=$Debugger")
            }
        }
    }
}

function See-Tasks {
    $Count = 0
    $Waiting = New-Object System.Collections.Stack
    $Waiting.Push((Join-Path $System 'Tasks'))
    while ($Waiting.Count -gt 0) {
        $Folder = $Waiting.Pop()
        try {
            foreach ($Path in [System.IO.Directory]::GetDirectories($Folder)) { $Waiting.Push($Path) }
            foreach ($Path in [System.IO.Directory]::GetFiles($Folder)) {
                $Count = $Count + 1
                if ($Count -gt 3000 -or (Is-Late)) { Hole $Folder 'too many scheduled tasks, or the time limit'; return }
                if ((New-Object System.IO.FileInfo($Path)).Length -gt 524288) { Missed 'tasks' $Path 'larger than a task is'; continue }
                $Text = [System.IO.File]::ReadAllText($Path)
                $Told = @()
                foreach ($Word in @('Author', 'Command', 'Arguments', 'ClassId', 'UserId', 'Enabled')) {
                    foreach ($Found in [regex]::Matches($Text, ('<' + $Word + '>([^<]{0,2000})</' + $Word + '>'))) {
                        $Told += ($Word.ToLower($Culture) + '=' + $Found.Groups[1].Value)
                        if ($Word -eq 'Command') { Remember (Program-Of $Found.Groups[1].Value) }
                    }
                }
                Saw 'tasks' $Path $Told
            }
        } catch { Missed 'tasks' $Folder 'permission denied' }
    }
    if ($Count -gt 0) { return }
    foreach ($Line in @(& (Join-Path $System 'schtasks.exe') /query /fo csv /v)) { if ($Line) { Saw 'tasks' 'schtasks' @("line=$Line") } }
}

function See-WmiSubscriptions {
    foreach ($Class in @('__EventFilter', 'CommandLineEventConsumer', 'ActiveScriptEventConsumer', 'NTEventLogEventConsumer', '__FilterToConsumerBinding')) {
        foreach ($One in @(Get-WmiObject -Namespace 'root\subscription' -Class $Class)) {
            if ($One -eq $null) { continue }
            $Told = @("class=$Class")
            foreach ($Word in @('Query', 'CommandLineTemplate', 'ExecutablePath', 'ScriptText', 'ScriptFileName', 'SourceName', 'Filter', 'Consumer')) {
                $Value = [string]$One.$Word
                if ($Value -ne '') { $Told += ($Word.ToLower($Culture) + '=' + $Value) }
            }
            $Subject = [string]$One.Name
            if ($Subject -eq '') { $Subject = $Class }
            if ($Class -eq 'CommandLineEventConsumer' -or $Class -eq 'ActiveScriptEventConsumer') {
                Record 'wmi' 'hit' $Subject 'host.wmi-consumer' 3 'A program that WMI starts by itself' $Told
            } else { Saw 'wmi' $Subject $Told }
        }
    }
}

function See-Accounts {
    foreach ($One in @(Get-WmiObject -Class Win32_UserAccount -Filter 'LocalAccount=True')) {
        if ($One -ne $null) { Saw 'accounts' ([string]$One.Name) @("sid=$($One.SID)", "disabled=$($One.Disabled)", "locked=$($One.Lockout)", "password_required=$($One.PasswordRequired)") }
    }
    foreach ($Group in @(Get-WmiObject -Class Win32_Group -Filter 'LocalAccount=True')) {
        if ($Group -eq $null -or -not ($Group.SID -eq 'S-1-5-32-544' -or $Group.SID -eq 'S-1-5-32-555')) { continue }
        foreach ($Line in @(& (Join-Path $System 'net.exe') localgroup ([string]$Group.Name))) {
            if ($Line) { Saw 'accounts' ([string]$Group.Name) @("sid=$($Group.SID)", "line=$Line") }
        }
    }
    foreach ($Key in @(Get-ChildItem -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList')) {
        if ($Key -ne $null) { Saw 'accounts' ([string]$Key.PSChildName) @("profile=$([string]$Key.GetValue('ProfileImagePath'))") }
    }
}

function See-System {
    $Path = Join-Path $System 'drivers\etc\hosts'
    if ([System.IO.File]::Exists($Path) -and (New-Object System.IO.FileInfo($Path)).Length -lt 1048576) {
        foreach ($Line in [System.IO.File]::ReadAllLines($Path)) {
            if ($Line.Trim() -ne '' -and -not $Line.TrimStart().StartsWith('#')) { Saw 'hosts_file' $Path @("line=$Line") }
        }
    }
    foreach ($One in @(Get-WmiObject -Class Win32_OperatingSystem)) {
        if ($One -ne $null) { Saw 'updates' ([string]$One.Caption) @("version=$($One.Version)", "build=$($One.BuildNumber)", "installed=$($One.InstallDate)", "started=$($One.LastBootUpTime)") }
    }
    foreach ($One in @(Get-WmiObject -Class Win32_QuickFixEngineering)) {
        if ($One -ne $null) { Saw 'updates' ([string]$One.HotFixID) @("installed=$($One.InstalledOn)") }
    }
    foreach ($Space in @('root\SecurityCenter2', 'root\SecurityCenter')) {
        foreach ($One in @(Get-WmiObject -Namespace $Space -Class AntiVirusProduct)) {
            if ($One -ne $null) { Saw 'antivirus' ([string]$One.displayName) @("state=$($One.productState)", "path=$($One.pathToSignedProductExe)") }
        }
    }
    $Defender = 'HKLM:\SOFTWARE\Microsoft\Windows Defender'
    foreach ($Pair in @(Values-Of ($Defender + '\Signature Updates'))) {
        if ($Pair -ne $null -and $Pair.Name -eq 'AVSignatureVersion') { Saw 'antivirus' 'Windows Defender' @("signatures=$($Pair.Value)") }
    }
    foreach ($Sub in @('Paths', 'Extensions', 'Processes')) {
        foreach ($Pair in @(Values-Of ($Defender + '\Exclusions\' + $Sub))) {
            if ($Pair -ne $null) { Record 'antivirus' 'hit' $Pair.Name 'host.protection-excluded' 2 'The antivirus is told to look away from a whole drive or from programs' @("kind=$Sub") }
        }
    }
    foreach ($Root in @($Defender + '\Real-Time Protection', 'HKLM:\SOFTWARE\Policies\Microsoft\Windows Defender')) {
        foreach ($Pair in @(Values-Of $Root)) {
            if ($Pair -ne $null -and $Pair.Name -match '^Disable(RealtimeMonitoring|AntiSpyware|AntiVirus)$' -and $Pair.Value -eq '1') {
                Record 'antivirus' 'hit' $Pair.Name 'host.protection-off' 2 'Protection is switched off' @("key=$Root")
            }
        }
    }
    foreach ($Kind in @(Get-ChildItem -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Enum\USBSTOR')) {
        if ($Kind -eq $null) { continue }
        foreach ($One in @(Get-ChildItem -LiteralPath $Kind.PSPath)) {
            if ($One -ne $null) { Saw 'usb_storage' ([string]$One.PSChildName) @("kind=$($Kind.PSChildName)", "name=$([string]$One.GetValue('FriendlyName'))") }
        }
    }
}

# ---- event logs ----

$LogBytes = 0
function Keep-Logs {
    $Tool = Join-Path $System 'wevtutil.exe'
    if (-not [System.IO.File]::Exists($Tool)) { Hole 'event logs' 'no wevtutil on this machine'; return }
    $Index = 0
    foreach ($Channel in @('Security', 'System', 'Application', 'Windows PowerShell', 'Microsoft-Windows-PowerShell/Operational',
            'Microsoft-Windows-Windows Defender/Operational', 'Microsoft-Windows-TaskScheduler/Operational',
            'Microsoft-Windows-TerminalServices-LocalSessionManager/Operational',
            'Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational',
            'Microsoft-Windows-WMI-Activity/Operational', 'Microsoft-Windows-Bits-Client/Operational', 'Microsoft-Windows-Sysmon/Operational')) {
        if (Is-Late) { Hole $Channel 'time limit'; return }
        $Index = $Index + 1
        $File = ('{0:000}-' -f $Index) + ($Channel -replace '[^A-Za-z0-9]', '_') + '.evtx'
        $Target = Join-Path $LogFolder $File
        $How = 'tail'
        foreach ($Span in @($Days, 3, 1)) {
            $Query = '/q:*[System[TimeCreated[timediff(@SystemTime) <= ' + ([long]$Span * 86400000) + ']]]'
            & $Tool epl $Channel $Target $Query '/ow:true' 2>&1 | Out-Null
            if ($LASTEXITCODE -ne 0 -or -not [System.IO.File]::Exists($Target)) { break }
            if ((New-Object System.IO.FileInfo($Target)).Length -le 67108864) { break }
        }
        if (-not [System.IO.File]::Exists($Target)) {
            if ($Channel -eq 'Security' -or $Channel -eq 'System') { Hole $Channel 'permission denied: not run as administrator' }
            else { Note ('no log: ' + $Channel) }
            continue
        }
        $Length = (New-Object System.IO.FileInfo($Target)).Length
        if ($Length -gt 67108864 -or ($script:LogBytes + $Length) -gt 268435456) {
            [System.IO.File]::Delete($Target)
            Hole $Channel 'no room for more logs'
            continue
        }
        $script:LogBytes = $script:LogBytes + $Length
        [void]$Logs.Add('log' + $Tab + 'logs/' + $File + $Tab + $How + $Tab + (Encode $Channel))
    }
}

function Look-Everywhere {
    foreach ($Path in @($Programs.Keys)) { if ([System.IO.File]::Exists($Path)) { Look-At $Path } }
    $Profiles = @()
    foreach ($Key in @(Get-ChildItem -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList')) {
        if ($Key -ne $null) { $Profiles += [Environment]::ExpandEnvironmentVariables([string]$Key.GetValue('ProfileImagePath')) }
    }
    $Common = [string]$env:ProgramData
    $Public = [string]$env:PUBLIC
    Walk (Join-Path $Windows 'Temp') $true 6
    Walk $Public $false 8
    foreach ($Path in $Profiles) {
        Walk (Join-Path $Path 'AppData\Local\Temp') $false 6
        Walk (Join-Path $Path 'AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup') $true 2
        Walk (Join-Path $Path 'Downloads') $false 6
        Walk (Join-Path $Path 'Desktop') $false 6
        Walk (Join-Path $Path 'AppData\Roaming') $false 8
    }
    if ($Common -ne '') {
        Walk (Join-Path $Common 'Microsoft\Windows\Start Menu\Programs\Startup') $true 2
        Walk $Common $false 6
    }
    $Drive = [System.IO.Path]::GetPathRoot($Windows)
    Walk ($Drive + 'inetpub') $false 12
    Walk ($Drive + 'PerfLogs') $true 6
    Walk ($Drive + '$Recycle.Bin') $false 4
    Walk (Join-Path $Windows 'Tasks') $true 3
    foreach ($Path in $Profiles) { Walk (Join-Path $Path 'AppData\Local') $false 8 }
    Walk $Windows $false 0
    Walk $System $false 0
}

# ---- indicators ----

$Findings = New-Object System.Collections.ArrayList
$TooMany = $false
function Add-Finding([string]$Type, [string]$Value, $Columns, $Row) {
    if ($Findings.Count -ge 2000) {
        if (-not $script:TooMany) { Hole '\' 'more findings than are listed' }
        $script:TooMany = $true
        return
    }
    [void]$Findings.Add($Type + $Tab + $Value + $Tab + $Columns[1] + $Tab + $Columns[2] + $Tab + $Columns[3] + $Tab + $Columns[4] + $Tab + $Row[1] + $Tab + $Row[2] + $Tab + $Row[3] + $Tab + $Row[0])
}

# Lists of any length are streamed: only what was seen is held.
function Match-Hashes([string]$Type) {
    $Path = Join-Path $Lists ($Type + '.tsv')
    if (-not [System.IO.File]::Exists($Path)) { Hole '\' "the list of $Type is missing on the stick"; return }
    $Reader = New-Object System.IO.StreamReader($Path, $Ascii)
    try {
        while (($Line = $Reader.ReadLine()) -ne $null) {
            $At = $Line.IndexOf([char]9)
            if ($At -lt 32) { continue }
            $Digest = $Line.Substring(0, $At)
            if (-not $ByHash.ContainsKey($Digest)) { continue }
            $Columns = $Line.Split([char]9)
            foreach ($Row in $ByHash[$Digest]) { Add-Finding $Type $Digest $Columns $Row }
        }
    } finally { $Reader.Close() }
}

function Match-Names {
    $Names = @{}
    $Patterns = @()
    foreach ($List in @('names', 'patterns')) {
        $Path = Join-Path $Lists ($List + '.tsv')
        if (-not [System.IO.File]::Exists($Path)) { Hole '\' "the list of $List is missing on the stick"; continue }
        foreach ($Line in [System.IO.File]::ReadAllLines($Path, $Ascii)) {
            $Columns = $Line.Split([char]9)
            if ($Columns.Length -ne 6) { continue }
            if ($List -eq 'names') { $Names[$Columns[0]] = $Columns }
            else { $Patterns += , @((New-Object System.Text.RegularExpressions.Regex($Columns[0], [System.Text.RegularExpressions.RegexOptions]::CultureInvariant)), $Columns) }
        }
    }
    if ($Names.Count -eq 0 -and $Patterns.Length -eq 0) { return }
    foreach ($Row in $AllFiles) {
        # As the list's names are spelled: lower case, then %XX; bytes of letters beyond ASCII too.
        $Low = $Row[0].Replace('\', '/')
        if ($Low.IndexOf('%') -ge 0) { $Low = Encode ([Uri]::UnescapeDataString($Low).Normalize().ToLowerInvariant()) }
        $Low = $Low.ToLowerInvariant()
        if ($Names.ContainsKey($Low)) { Add-Finding 'name' $Names[$Low][5] $Names[$Low] $Row }
        $At = $Low.IndexOf('/')
        while ($At -ge 0) {
            $Rest = $Low.Substring($At + 1)
            if ($Names.ContainsKey($Rest)) { Add-Finding 'name' $Names[$Rest][5] $Names[$Rest] $Row }
            $At = $Low.IndexOf('/', $At + 1)
        }
        foreach ($Pattern in $Patterns) { if ($Pattern[0].IsMatch($Low)) { Add-Finding 'name' $Pattern[1][5] $Pattern[1] $Row } }
    }
}

# ---- packing: a zip written by hand, since PowerShell 2 has nothing that makes one ----
# GZipStream gives the deflated bytes between its header of 10 bytes and its end, which holds the CRC-32 that a zip wants.

function Bytes-Of([long]$Value, [int]$Count) {
    $Whole = [BitConverter]::GetBytes($Value)
    $Result = New-Object byte[] $Count
    [Array]::Copy($Whole, $Result, $Count)
    return , $Result
}

function Put($Stream, $Numbers) {
    for ($At = 0; $At -lt $Numbers.Length; $At = $At + 2) {
        $Bytes = Bytes-Of $Numbers[$At] $Numbers[$At + 1]
        $Stream.Write($Bytes, 0, $Bytes.Length)
    }
}

function Copy-Bytes($From, $To, [long]$Length) {
    while ($Length -gt 0) {
        $Wanted = [int][Math]::Min([long]65536, $Length)
        $Read = $From.Read($Buffer, 0, $Wanted)
        if ($Read -le 0) { throw 'cut short' }
        $To.Write($Buffer, 0, $Read)
        $Length = $Length - $Read
    }
}

# Writes one file into the zip; returns what its entry in the directory needs.
function Pack-File($Zip, [string]$Path, [string]$Member) {
    $Size = (New-Object System.IO.FileInfo($Path)).Length
    $Packed = Join-Path $Work '.packed'
    $Method = 0
    $Crc = [long]0
    $Length = [long]0
    $Label = $Ascii.GetBytes($Member)
    $Offset = $Zip.Position
    if ($Size -gt 0) {
        $Source = New-Object System.IO.FileStream($Path, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read)
        $Target = New-Object System.IO.FileStream($Packed, [System.IO.FileMode]::Create, [System.IO.FileAccess]::Write)
        $Gzip = New-Object System.IO.Compression.GZipStream($Target, [System.IO.Compression.CompressionMode]::Compress)
        try { Copy-Bytes $Source $Gzip $Size } finally { $Gzip.Close(); $Target.Close(); $Source.Close() }
        $Source = New-Object System.IO.FileStream($Packed, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read)
        try {
            $Head = New-Object byte[] 10
            if ($Source.Read($Head, 0, 10) -ne 10 -or $Head[0] -ne 31 -or $Head[1] -ne 139 -or $Head[3] -ne 0) { throw 'another gzip header' }
            [void]$Source.Seek(-8, [System.IO.SeekOrigin]::End)
            $End = New-Object byte[] 8
            if ($Source.Read($End, 0, 8) -ne 8) { throw 'no gzip end' }
            $Crc = [long][BitConverter]::ToUInt32($End, 0)
            $Length = $Source.Length - 18
            $Method = 8
            Put $Zip @(0x04034b50, 4, 20, 2, 0, 2, $Method, 2, 0, 2, 33, 2, $Crc, 4, $Length, 4, $Size, 4, $Label.Length, 2, 0, 2)
            $Zip.Write($Label, 0, $Label.Length)
            [void]$Source.Seek(10, [System.IO.SeekOrigin]::Begin)
            Copy-Bytes $Source $Zip $Length
        } finally { $Source.Close() }
        [System.IO.File]::Delete($Packed)
    } else {
        Put $Zip @(0x04034b50, 4, 20, 2, 0, 2, 0, 2, 0, 2, 33, 2, 0, 4, 0, 4, 0, 4, $Label.Length, 2, 0, 2)
        $Zip.Write($Label, 0, $Label.Length)
    }
    return @{ Method = $Method; Crc = $Crc; Length = $Length; Size = $Size; Label = $Label; Offset = $Offset }
}

function Pack-All([string]$Target, $Members) {
    $Zip = New-Object System.IO.FileStream($Target, [System.IO.FileMode]::Create, [System.IO.FileAccess]::ReadWrite)
    try {
        $Entries = @()
        foreach ($Member in $Members) { $Entries += (Pack-File $Zip (Join-Path $Work $Member.Replace('/', '\')) $Member) }
        $Start = $Zip.Position
        foreach ($One in $Entries) {
            Put $Zip @(0x02014b50, 4, 20, 2, 20, 2, 0, 2, $One.Method, 2, 0, 2, 33, 2, $One.Crc, 4, $One.Length, 4, $One.Size, 4)
            Put $Zip @($One.Label.Length, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 4, $One.Offset, 4)
            $Zip.Write($One.Label, 0, $One.Label.Length)
        }
        $End = $Zip.Position
        Put $Zip @(0x06054b50, 4, 0, 2, 0, 2, $Entries.Length, 2, $Entries.Length, 2, ($End - $Start), 4, $Start, 4, 0, 2)
    } finally { $Zip.Close() }
}

# ---- the work ----

Tell ('Nếu máy đang bị mã hoá tệp (phần mở rộng lạ, thư đòi tiền): RÚT USB NGAY, tắt mạng, gọi ' + $Call + '.')
Say ('Bộ ' + $Number + ', máy ' + $HostName + '. Chỉ đọc, không cài đặt gì. Tối đa ' + [int]($MaxTime / 60) + ' phút.')
try { [System.Diagnostics.Process]::GetCurrentProcess().PriorityClass = [System.Diagnostics.ProcessPriorityClass]::BelowNormal } catch { Note 'priority stays' }
$Identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
$IsAdmin = (New-Object System.Security.Principal.WindowsPrincipal($Identity)).IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
if (-not $IsAdmin) { Hole '\' 'not run as administrator'; Say 'Không có quyền quản trị: một phần máy sẽ không xem được.' }
if ($Sha256 -eq $null) { Hole '\' 'this machine has no program for SHA-256' }
Note ('PowerShell ' + $PSVersionTable.PSVersion + ' on ' + [Environment]::OSVersion.VersionString + ', .NET ' + [Environment]::Version)

Step '[1/7] Tiến trình, kết nối mạng' { See-Processes; See-Sockets }
Step '[2/7] Chương trình tự khởi động' { See-Services; See-Registry; See-Tasks; See-WmiSubscriptions }
Step '[3/7] Tài khoản, tình trạng hệ thống' { See-Accounts; See-System }
Step '[4/7] Nhật ký' { Keep-Logs }
Step '[5/7] Tên và mã băm của các tệp ở nơi dễ bị lợi dụng (lâu nhất)' { Look-Everywhere }
Step ('[6/7] So với danh sách mã độc (' + $Said['rules_count'] + ' dấu hiệu)') {
    foreach ($Type in @('sha256', 'sha1', 'md5')) { Match-Hashes $Type }
    Match-Names
}
Say '[7/7] Đóng gói'
$Found = @{}
foreach ($Line in $Findings) { $Found[$Line.Substring($Line.LastIndexOf([char]9) + 1)] = 1 }
$Complete = 'no'
if ($Holes.Count -eq 0 -and $Failed -eq 0 -and $Left -eq 0 -and $Stopped -eq '') { $Complete = 'yes' }
Note "findings: $($Found.Count) files, $Hits signs on the host; holes: $($Holes.Count); not reached: $Left; not readable: $Failed"
foreach ($Writer in @($HostFile, $FilesFile, $LogFile)) { $Writer.Close() }

function Write-Lines([string]$Path, $Lines) {
    $Writer = New-Object System.IO.StreamWriter($Path, $false, $Ascii)
    $Writer.NewLine = "`n"
    foreach ($Line in $Lines) { $Writer.WriteLine([string]$Line) }
    $Writer.Close()
}
Write-Lines (Join-Path $Work 'findings.tsv') $Findings

# As the scanner tells machines apart: nothing of the identity itself leaves it.
$Guid = ''
$Crypto = Get-Item -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Cryptography'
if ($Crypto -ne $null) { $Guid = [string]$Crypto.GetValue('MachineGuid') }
$Digester = $Sha256
if ($Digester -eq $null) { $Digester = $Md5 }
$Machine = '0000000000000000'
if ($Digester -ne $null) { $Machine = (Hex ($Digester.ComputeHash($Utf8.GetBytes("atttcli machine`n$Guid`n" + $HostName.ToLowerInvariant())))).Substring(0, 32) }
$Arch = ([string]$env:PROCESSOR_ARCHITECTURE).ToLowerInvariant()
if ($Arch -eq 'x86') { $Arch = 'win32' }
$Offset = [TimeZone]::CurrentTimeZone.GetUtcOffset([DateTime]::Now)
$Sign = '+'
if ($Offset.TotalMinutes -lt 0) { $Sign = '-' }
$Zone = $Sign + ('{0:00}{1:00}' -f [Math]::Abs($Offset.Hours), [Math]::Abs($Offset.Minutes))

$Manifest = New-Object System.Collections.ArrayList
[void]$Manifest.Add('atttcli/collected/1')
foreach ($Pair in @(
        @('kit', $Number), @('agency', $Said['agency']), @('host', $HostName), @('os', 'windows'), @('arch', $Arch),
        @('machine', $Machine), @('tool', 'collect.ps1 1'), @('started', (Moment $Started)), @('ended', (Moment ([DateTime]::UtcNow))), @('zone', $Zone),
        @('rules_digest', $Said['rules_digest']), @('rules_version', $Said['rules_version']), @('rules_count', $Said['rules_count']),
        @('complete', $Complete), @('stopped', $Stopped), @('left', [string]$Left))) {
    [void]$Manifest.Add($Pair[0] + $Tab + (Encode ([string]$Pair[1])))
}
foreach ($Line in $Holes) { [void]$Manifest.Add($Line) }
foreach ($Line in $Logs) { [void]$Manifest.Add($Line) }
$Members = @('findings.tsv', 'host.tsv', 'files.tsv', 'log.txt')
foreach ($Path in [System.IO.Directory]::GetFiles($LogFolder)) { $Members += ('logs/' + [System.IO.Path]::GetFileName($Path)) }
foreach ($Member in $Members) {
    $Path = Join-Path $Work $Member.Replace('/', '\')
    $Digests = Get-Digests $Path
    $Digest = $Digests[0]
    if ($Digest -eq '-') { $Digest = $Digests[1] }
    [void]$Manifest.Add('file' + $Tab + $Member + $Tab + (New-Object System.IO.FileInfo($Path)).Length + $Tab + $Digest)
}
$Path = Join-Path $Work 'manifest.txt'
Write-Lines $Path $Manifest
$Digests = Get-Digests $Path
$Digest = $Digests[0]
if ($Digest -eq '-') { $Digest = $Digests[1] }
[void]$Manifest.Add('end' + $Tab + $Digest)
Write-Lines $Path $Manifest

$Result = Join-Path $Out ($Name + '.zip')
try {
    Pack-All ($Result + '.part') (@('manifest.txt') + $Members)
    [System.IO.File]::Move(($Result + '.part'), $Result)
    [System.IO.Directory]::Delete($Work, $true)
} catch {
    # The folder itself can be brought back and imported too.
    try { [System.IO.File]::Delete(($Result + '.part')) } catch { Say 'Không xoá được tệp tạm.' }
    try { [System.IO.File]::Delete((Join-Path $Work '.packed')) } catch { Say 'Không xoá được tệp tạm.' }
    $Result = Join-Path $Out $Name
    try { [System.IO.Directory]::Move($Work, $Result) } catch { $Result = $Work }
}

$Rest = ''
if ($Holes.Count -gt 0) { $Rest = $Rest + '; ' + $Holes.Count + ' thư mục chưa quét' }
if ($Failed -gt 0) { $Rest = $Rest + '; ' + $Failed + ' tệp không đọc được' }
if ($Left -gt 0) { $Rest = $Rest + '; ' + $Left + ' tệp chưa kịp xem' }
if ($Stopped -ne '') { $Rest = $Rest + '; dừng trước khi xong' }
Say ('Kết quả: ' + $Result + ' (gửi tệp này về đơn vị đã đưa USB)')
$Ending = ' nghi ngờ – gọi ' + $Call + $Rest
if ($Found.Count -gt 0 -and $Hits -gt 0) { Tell ('Có ' + $Found.Count + ' tệp và ' + $Hits + ' dấu hiệu' + $Ending) }
elseif ($Found.Count -gt 0) { Tell ('Có ' + $Found.Count + ' tệp' + $Ending) }
elseif ($Hits -gt 0) { Tell ('Có ' + $Hits + ' dấu hiệu' + $Ending) }
elseif ($Complete -eq 'yes') { Tell 'Sạch' }
else { Tell ('Sạch ở phần đã quét' + $Rest) }
if ($Complete -ne 'yes') { exit 2 }
if ($Found.Count -gt 0 -or $Hits -gt 0) { exit 1 }
exit 0
