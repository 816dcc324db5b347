@echo off
setlocal
where node >nul 2>nul
if errorlevel 1 (
  if "%POLYPROC_NODE%"=="" (
    echo polyproc: there is no node on the PATH: install Node 20.19 or later, or set POLYPROC_NODE to its path 1>&2
    exit /b 127
  )
  set ELECTRON_RUN_AS_NODE=1
  "%POLYPROC_NODE%" "%~dp0..\dist\cli.cjs" %*
) else (
  node "%~dp0..\dist\cli.cjs" %*
)
