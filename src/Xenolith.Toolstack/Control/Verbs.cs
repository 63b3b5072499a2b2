namespace Xenolith.Toolstack.Control;

/// <summary>
/// What the processes of a domain say to each other. Three conversations use the words: launcher (xl create) and monitor, xl and monitor on
/// the control socket, monitor and domain process.
/// </summary>
public static class Verbs
{
    /// <summary>Launcher to monitor: make a domain. Fields: the create options; the configuration comes as a descriptor.</summary>
    public const string Create = "create";

    /// <summary>Monitor to launcher: it exists, with <c>domid</c>. If a viewer was asked for, it waits for <see cref="Run"/>.</summary>
    public const string Created = "created";

    /// <summary>Launcher to monitor: the viewer is attached, let it run.</summary>
    public const string Run = "run";

    /// <summary>Something asked for could not be done; <c>text</c> says why, <c>code</c> is the exit code.</summary>
    public const string Failed = "failed";

    /// <summary>Done.</summary>
    public const string Done = "done";

    /// <summary>Xl to monitor, monitor to domain process: stop the vCPUs.</summary>
    public const string Pause = "pause";

    /// <summary>Xl to monitor, monitor to domain process: let the vCPUs run.</summary>
    public const string Unpause = "unpause";

    /// <summary>Xl to monitor: remove the domain; answered when nothing is left of it.</summary>
    public const string Destroy = "destroy";

    /// <summary>Xl to monitor: change the name to <c>name</c>.</summary>
    public const string Rename = "rename";

    /// <summary>Xl to monitor: tell when it shuts down or dies.</summary>
    public const string Wait = "wait";

    /// <summary>Domain process to monitor, monitor to a waiting xl: it has shut down, with <c>reason</c> and perhaps <c>cause</c>.</summary>
    public const string ShutDown = "shutdown";

    /// <summary>Monitor to a waiting xl: nothing is left of it.</summary>
    public const string Destroyed = "destroyed";

    /// <summary>Xl to monitor, monitor to domain process: the counters; the answer has one field for each.</summary>
    public const string Counters = "counters";

    /// <summary>Xl to monitor: write a core file to <c>path</c>; monitor to domain process: write it to this descriptor.</summary>
    public const string DumpCore = "dump-core";

    /// <summary>Monitor to domain process: build the domain from these descriptors.</summary>
    public const string Build = "build";

    /// <summary>Domain process to monitor: it is built and paused.</summary>
    public const string Built = "built";

    /// <summary>Monitor to domain process: the store has a new connection for you (a descriptor).</summary>
    public const string Store = "store";

    /// <summary>Domain process to monitor: a line <c>text</c> for xl dmesg; with the flag <c>bare</c> it names its domain itself.</summary>
    public const string Log = "log";

    /// <summary>Monitor to domain process: something about a device (<see cref="DeviceOrders"/>); answered by <see cref="DeviceAnswer"/> with the same <c>ticket</c>, in any order.</summary>
    public const string Device = "device";

    /// <summary>Domain process to monitor: what came of the order with this <c>ticket</c>; <c>error</c> says why not, empty if it was done.</summary>
    public const string DeviceAnswer = "device-answer";

    /// <summary>Domain process to monitor: the device <c>kind</c> <c>id</c> cannot go on, because of <c>text</c>.</summary>
    public const string DeviceFailed = "device-failed";

    /// <summary>Domain process to monitor: the device <c>kind</c> <c>id</c> tells its other half something of its own.</summary>
    public const string DeviceSaid = "device-said";

    /// <summary>Xl to monitor: add the devices of <c>config</c> (a domain configuration that holds nothing else) to the domain.</summary>
    public const string DeviceAttach = "device-attach";

    /// <summary>Xl to monitor: take the device <c>kind</c> <c>id</c> away, with <c>force</c> without waiting for the guest.</summary>
    public const string DeviceDetach = "device-detach";

    /// <summary>To a monitor: put something else behind a device that stays attached. Fields as of <see cref="DeviceAttach"/>.</summary>
    public const string DeviceExchange = "device-exchange";

    /// <summary>Monitor to boot loader: find on this disk what the domain boots. Fields: <c>disk</c> (its name), its size, the domain's size, the options.</summary>
    public const string Load = "load";

    /// <summary>Boot loader to monitor: kernel and ramdisk are in their files; <c>title</c>, <c>kernel</c>, <c>ramdisk</c> and <c>arguments</c> say what they are.</summary>
    public const string Loaded = "loaded";

    /// <summary>Domain process to monitor: the guest has <c>memory</c> KiB and the vCPUs <c>online</c> now.</summary>
    public const string Changed = "changed";

    /// <summary>Xl to monitor: let the guest have <c>target</c> KiB.</summary>
    public const string SetMemory = "set-memory";

    /// <summary>Xl to monitor: the guest may ask for up to <c>maximum</c> KiB.</summary>
    public const string SetMaximumMemory = "set-maximum-memory";

    /// <summary>Monitor to domain process: the guest gets no page beyond <c>limit</c> KiB.</summary>
    public const string LimitMemory = "limit-memory";

    /// <summary>Xl to monitor: ask the guest to have <c>count</c> vCPUs online.</summary>
    public const string SetVcpus = "set-vcpus";

    /// <summary>Xl to monitor: <c>vcpu</c> (or -1 for all) may run on the host CPUs <c>hard</c> and <c>soft</c>; an absent one stays as it is.</summary>
    public const string Pin = "pin";

    /// <summary>Xl to monitor: change <c>weight</c> and <c>cap</c>; an absent one stays as it is.</summary>
    public const string Schedule = "schedule";

    /// <summary>Xl to monitor: the next restart is made from <c>config</c>.</summary>
    public const string UpdateConfig = "update-config";

    /// <summary>Xl to monitor, monitor to domain process: send an NMI to <c>vcpu</c>.</summary>
    public const string Nmi = "nmi";

    /// <summary>Xl to monitor, monitor to domain process: print what the debug key <c>key</c> shows of the domain.</summary>
    public const string DebugKey = "debug-key";
}
