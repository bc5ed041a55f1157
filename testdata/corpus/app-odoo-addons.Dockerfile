FROM odoo:16.0
USER root
RUN --mount=type=bind,source=requirements,target=/tmp/requirements pip3 install -r /tmp/requirements/base.txt -r /tmp/requirements/extra.txt
COPY --chown=odoo ./addons /mnt/extra-addons
COPY ./odoo.conf /etc/odoo/
USER odoo
CMD ["odoo", "-c", "/etc/odoo/odoo.conf", "--without-demo=all"]
