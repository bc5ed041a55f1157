# escape=`

FROM mcr.microsoft.com/windows/servercore:ltsc2022

SHELL ["cmd", "/S", "/C"]

# Download the Build Tools bootstrapper.
COPY vs_buildtools.exe C:\TEMP\
RUN `
    # Install Build Tools
    (start /w C:\TEMP\vs_buildtools.exe --quiet --wait --norestart --nocache `
        --installPath "%ProgramFiles(x86)%\Microsoft Visual Studio\2022\BuildTools" `
        --add Microsoft.VisualStudio.Workload.AzureBuildTools `
        || IF "%ERRORLEVEL%"=="3010" EXIT 0) `

    # Cleanup
    && del /q C:\TEMP\vs_buildtools.exe

ENTRYPOINT ["C:\\BuildTools\\Common7\\Tools\\VsDevCmd.bat", "&&", "powershell.exe", "-NoLogo", "-ExecutionPolicy", "Bypass"]
