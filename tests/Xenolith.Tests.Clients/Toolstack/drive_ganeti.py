"""Drives Ganeti's own Xen hypervisor class through an instance's life, and prints what it found as one JSON map.

usage: drive_ganeti.py CONFIGURATION-DIRECTORY KERNEL RAMDISK [DISK ...]
"""
import json
import os
import sys

from ganeti import constants, objects
from ganeti.hypervisor import hv_base, hv_xen

directory, kernel, ramdisk, *disks = sys.argv[1:]
xen = hv_xen.XenPvmHypervisor(_cfgdir=directory)
xen.REBOOT_RETRY_INTERVAL = 1

hvparams = dict(constants.HVC_DEFAULTS[constants.HT_XEN_PVM])
hvparams.update({
    constants.HV_XEN_CMD: constants.XEN_CMD_XL,
    constants.HV_KERNEL_PATH: kernel,
    constants.HV_INITRD_PATH: ramdisk,
    constants.HV_KERNEL_ARGS: "console=hvc0 quiet run=sleep,1000",
    constants.HV_ROOT_PATH: "",
    constants.HV_CPU_MASK: "0-1",
    constants.HV_CPU_CAP: 0,
})
instance = objects.Instance(
    name="inst1.example.com", hvparams=hvparams, nics=[],
    beparams={constants.BE_MAXMEM: 128, constants.BE_MINMEM: 128, constants.BE_VCPUS: 1})
drivers = [constants.FD_BLKTAP, constants.FD_LOOP, constants.FD_BLKTAP2]
block_devices = [
    (objects.Disk(mode=constants.DISK_RDWR, dev_type=constants.DT_FILE, logical_id=(drivers[i % 3], path)), path, None)
    for i, path in enumerate(disks)]


def info():
    found = xen.GetInstanceInfo(instance.name, hvparams=hvparams)
    return found and [found[0], found[1], found[2], found[3], found[4] == hv_base.HvInstanceState.RUNNING]


found = {"verify": xen.Verify(hvparams), "before": xen.ListInstances(hvparams), "node": xen.GetNodeInfo(hvparams)}
xen.StartInstance(instance, block_devices, False)
with open(os.path.join(directory, instance.name), encoding="utf-8") as config:
    found["config"] = config.read()
found["list"] = xen.ListInstances(hvparams)
found["started"] = info()
found["all"] = len(xen.GetAllInstancesInfo(hvparams))
found["busy"] = xen.GetNodeInfo(hvparams)
print(json.dumps(found), flush=True)
sys.stdin.readline()

found = {}
xen.RebootInstance(instance)
found["rebooted"] = info()
print(json.dumps(found), flush=True)
sys.stdin.readline()

found = {}
xen.StopInstance(instance, timeout=120)
found["stopped"] = info()
found["config_left"] = os.path.exists(os.path.join(directory, instance.name))
xen.StartInstance(instance, block_devices, True)
found["paused"] = info()
xen.StopInstance(instance, force=True)
found["after"] = xen.ListInstances(hvparams)
print(json.dumps(found), flush=True)
