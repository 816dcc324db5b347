;;; polyproc-lsp.el --- Polyproc's language server in Emacs, by eglot  -*- lexical-binding: t -*-
;; In init.el.   (POLYPROC: how polyproc is called, default "polyproc")
(require 'eglot)

(add-to-list
 'eglot-server-programs
 (cons '(js-mode js-ts-mode typescript-mode typescript-ts-mode tsx-ts-mode python-mode python-ts-mode)
       (append (split-string (or (getenv "POLYPROC") "polyproc")) '("lsp" "--stdio"))))

(defun polyproc-map (lens)
  "Maps the function of LENS over the files that the server asks for."
  (interactive (list (polyproc-read-lens)))
  (let ((command (plist-get lens :command)))
    (jsonrpc-request (eglot--current-server-or-lose) :workspace/executeCommand
                     (list :command (plist-get command :command)
                           :arguments (plist-get command :arguments))
                     :timeout 3600)))

(defun polyproc-lenses ()
  "The functions of this buffer that can run in a pool."
  (append (jsonrpc-request (eglot--current-server-or-lose) :textDocument/codeLens
                           (list :textDocument (eglot--TextDocumentIdentifier)))
          nil))

(defun polyproc-read-lens ()
  "Asks for one of the functions of this buffer."
  (let ((named (mapcar (lambda (lens) (cons (aref (plist-get (plist-get lens :command) :arguments) 1) lens))
                       (polyproc-lenses))))
    (cdr (assoc (completing-read "Map function: " named nil t) named))))
