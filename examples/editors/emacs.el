;;; emacs.el --- counts the lines of files in a pool, over jsonrpc.el  -*- lexical-binding: t -*-
;; emacs --batch -l emacs.el -- FILE...   (POLYPROC: how polyproc is called, default "polyproc")
(require 'jsonrpc)
(require 'seq)

(defun polyproc-start ()
  "Starts a server of its own for this Emacs; it ends with the connection."
  (make-instance
   'jsonrpc-process-connection :name "polyproc"
   :notification-dispatcher
   (lambda (_connection method params)
     (when (eq method '$/progress)
       (let ((value (plist-get params :value)))
         (message "%d of %d" (plist-get value :done) (plist-get value :total)))))
   :process
   (make-process :name "polyproc" :connection-type 'pipe :coding 'utf-8-emacs-unix :noquery t
                 :stderr (get-buffer-create "*polyproc stderr*")
                 :command (append (split-string (or (getenv "POLYPROC") "polyproc")) '("serve" "--stdio")))))

(defun polyproc-count-lines (connection files)
  "An alist of FILES and what `wc -l' says of each, four at a time."
  (let* ((answer (jsonrpc-request
                  connection :pool/map
                  `(:target (:command "wc" :args ["-l" "{item}"])
                    :items ,(vconcat files) :processes 4 :progressToken 1)
                  :timeout 60)))
    (seq-mapn (lambda (file outcome)
                (cons file (if (eq (plist-get outcome :ok) t)
                               (string-to-number (plist-get (plist-get outcome :value) :stdout))
                             (plist-get (plist-get outcome :error) :message))))
              files (plist-get answer :outcomes))))

(let ((connection (polyproc-start)))
  (jsonrpc-request connection :initialize '(:clientInfo (:name "emacs")))
  (pcase-dolist (`(,file . ,lines) (polyproc-count-lines connection (cdr command-line-args-left)))
    (princ (format "%s: %s\n" file lines)))
  (jsonrpc-request connection :shutdown nil)
  (jsonrpc-notify connection :exit nil))
