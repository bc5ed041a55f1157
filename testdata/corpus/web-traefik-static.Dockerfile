FROM traefik:v2.10 as bin
FROM scratch
COPY --from=bin /usr/local/bin/traefik /traefik
COPY --from=bin /etc/ssl/certs /etc/ssl/certs
COPY traefik.yml dynamic/ /etc/traefik/
EXPOSE 80 443 8080
ENTRYPOINT ["/traefik"]
