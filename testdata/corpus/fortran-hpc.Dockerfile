FROM spack/ubuntu-jammy:latest AS builder
RUN mkdir /opt/spack-environment \
&&  (echo "spack:" \
&&   echo "  specs:" \
&&   echo "  - openmpi@4.1.6 fabrics=none" \
&&   echo "  - netcdf-fortran" \
&&   echo "  concretizer:" \
&&   echo "    unify: true" \
&&   echo "  view: /opt/views/view") > /opt/spack-environment/spack.yaml
RUN cd /opt/spack-environment && spack env activate . && spack install --fail-fast && spack gc -y
RUN find -L /opt/views/view/* -type f -exec readlink -f '{}' \; | \
    xargs file -i | \
    grep 'charset=binary' | \
    grep 'x-executable\|x-archive\|x-sharedlib' | \
    awk -F: '{print $1}' | xargs strip
FROM ubuntu:22.04
COPY --from=builder /opt/spack-environment /opt/spack-environment
COPY --from=builder /opt/software /opt/software
COPY --from=builder /opt/views /opt/views
COPY src /model/src
RUN { \
      echo '#!/bin/sh' \
      && echo '.' /opt/spack-environment/activate.sh \
      && echo 'exec "$@"'; \
    } > /entrypoint.sh \
&& chmod a+x /entrypoint.sh
ENTRYPOINT [ "/entrypoint.sh" ]
CMD [ "/bin/bash" ]
