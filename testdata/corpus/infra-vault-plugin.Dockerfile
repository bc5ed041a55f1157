FROM vault:1.13.3
COPY --chmod=u=rwx,go=rx plugins/vault-plugin-secrets-gen /vault/plugins/
RUN setcap cap_ipc_lock=+ep /vault/plugins/vault-plugin-secrets-gen
COPY local.hcl /vault/config/
