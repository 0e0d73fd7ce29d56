#!/bin/bash
# LXD makes its uplink bridge with `ovs-vsctl add-br lxdovnN`: the kernel has no openvswitch, so every new bridge gets the datapath in user space.
real=/usr/bin/ovs-vsctl
said=("$@")
for i in "${!said[@]}"; do
  if [ "${said[$i]}" = add-br ]; then exec "$real" "${said[@]}" -- set bridge "${said[$((i + 1))]}" datapath_type=netdev; fi
done
exec "$real" "${said[@]}"
