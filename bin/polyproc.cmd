@echo off
setlocal
where node >nul 2>nul
if errorlevel 1 (
  if "%POLYPROC_EDITOR_NODE%"=="" (
    echo polyproc: there is no node on the PATH: install Node 20.19 or later 1>&2
    exit /b 127
  )
  set ELECTRON_RUN_AS_NODE=1
  "%POLYPROC_EDITOR_NODE%" "%~dp0..\dist\cli.cjs" %*
) else (
  node "%~dp0..\dist\cli.cjs" %*
)
