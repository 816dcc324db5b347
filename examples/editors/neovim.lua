-- Counts the lines of files in a pool, over Neovim's own JSON-RPC client.
-- nvim --headless --clean -S neovim.lua FILE...   (POLYPROC: how polyproc is called, default "polyproc")
local command = vim.split((vim.env.POLYPROC or 'polyproc') .. ' serve --stdio', ' ')

local function say(text) io.stdout:write(text .. '\n') end
local failed
local dispatchers = {
  notification = function(method, params)
    if method == '$/progress' then io.stderr:write(params.value.done .. ' of ' .. params.value.total .. '\n') end
  end,
  on_error = function(_, problem) failed = vim.inspect(problem) end,
  on_exit = function(code) failed = 'the server ended with ' .. code end,
  server_request = function() end,
}
-- A server of its own for this Neovim; it ends with the connection.
local client = vim.fn.has('nvim-0.10') == 1 and vim.lsp.rpc.start(command, dispatchers)
  or vim.lsp.rpc.start(command[1], vim.list_slice(command, 2), dispatchers)

local function request(method, params)
  local answered, problem, answer
  client.request(method, params, function(err, result) answered, problem, answer = true, err, result end)
  vim.wait(60000, function() return answered or failed end, 5)
  if not answered or problem then error(method .. ': ' .. (problem and problem.message or failed or 'no answer')) end
  return answer
end

local ok, message = pcall(function()
  local files = vim.fn.argv()
  request('initialize', { clientInfo = { name = 'neovim' } })
  local target = { command = 'wc', args = { '-l', '{item}' } }
  local answer = request('pool/map', { target = target, items = files, processes = 4, progressToken = 1 })
  for i, outcome in ipairs(answer.outcomes) do
    say(files[i] .. ': ' .. (outcome.ok and vim.split(outcome.value.stdout, ' ')[1] or outcome.error.message))
  end
  request('shutdown', vim.empty_dict())
  client.notify('exit')
end)
if not ok then say(message) end
vim.cmd(ok and 'qall!' or 'cquit')
