# escape=`
FROM mcr.microsoft.com/dotnet/framework/sdk:4.8 AS build
WORKDIR C:\src
COPY *.sln .
COPY src\Billing\*.csproj src\Billing\
RUN nuget restore
COPY . .
SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue';"]
RUN msbuild /p:Configuration=Release `
    /p:OutDir=C:\out `
    /m

FROM mcr.microsoft.com/windows/nanoserver:ltsc2022
COPY --from=build C:\out C:\app
ENTRYPOINT ["C:\\app\\Billing.exe"]
