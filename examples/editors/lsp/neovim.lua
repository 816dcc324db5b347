-- Polyproc's language server in Neovim (0.7 or newer): in init.lua, or with :luafile.
-- POLYPROC: how polyproc is called, default "polyproc".
local command = vim.split(vim.env.POLYPROC or 'polyproc', ' ')
vim.list_extend(command, { 'lsp', '--stdio' })
local client -- one for all files

local function ready(_, buffer)
  -- The lenses appear, and follow the text.
  vim.lsp.codelens.refresh()
  local events = { 'BufEnter', 'InsertLeave', 'CursorHold' }
  vim.api.nvim_create_autocmd(events, { buffer = buffer, callback = function() vim.lsp.codelens.refresh() end })
  -- Runs the lens of the cursor's line.
  vim.keymap.set('n', '<leader>p', vim.lsp.codelens.run, { buffer = buffer })
end

local function attach(event)
  client = client or vim.lsp.start_client({
    name = 'polyproc',
    cmd = command,
    root_dir = vim.fn.getcwd(),
    -- Offer these files as items. Without it: the kinds of files in the folder.
    init_options = { files = vim.g.polyproc_files },
    on_attach = ready,
    on_exit = function() client = nil end,
  })
  if client then vim.lsp.buf_attach_client(event.buf, client) end
end

local languages = { 'javascript', 'javascriptreact', 'typescript', 'typescriptreact', 'python' }
vim.api.nvim_create_autocmd('FileType', { pattern = languages, callback = attach })
