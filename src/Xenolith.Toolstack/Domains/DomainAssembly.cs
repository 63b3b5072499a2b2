using Xenolith.Boot.Cache;
using Xenolith.Host;
using Xenolith.Toolstack.Domains.Backends;
using Xenolith.Translator;

namespace Xenolith.Toolstack.Domains;

/// <summary>Puts a domain together from its parts: memory, kernel, vCPUs on the translator, rings.</summary>
internal sealed class DomainAssembly : IDomainAssembly
{
    /// <inheritdoc/>
    public IRunningDomain Build(DomainResources resources, IDomainEvents events)
    {
        var config = resources.Config;
        var domain = PvDomain.Build(
            new PvDomainParameters
            {
                Id = resources.Domid,
                Uuid = config.Uuid,
                Kernel = resources.Kernel,
                KernelName = config.Kernel ?? "of the boot loader",
                Ramdisk = resources.Ramdisk,
                RamdiskName = config.Ramdisk ?? string.Empty,
                CommandLine = config.CommandLine ?? string.Empty,
                MemoryKiB = config.EffectiveMemoryKiB,
                MaximumMemoryKiB = config.EffectiveMaxMemoryKiB,
                RoomKiB = HostMachine.TotalKib(),
                MaximumVcpus = config.EffectiveMaxVcpus,
                MaximumGrantFrames = config.MaxGrantFrames,
                MaximumGrantVersion = config.MaxGrantVersion,
                MaximumEventChannel = config.MaxEventChannels is 0 ? null : config.MaxEventChannels,
                WallclockOffset = config.RtcTimeOffset ?? 0,
                Console = resources.Console,
                Store = resources.Store,
                KernelCache = KernelCache.OfUser(),
            },
            memory => new TranslatorEngine(memory.Frames, memory.Walk, events.Log, config.EffectiveMaxVcpus));
        domain.Machine.Log.LineWritten = events.Log;
        domain.DeviceFailed = events.Log;
        domain.ShutDown = reason => events.ShutDown((int)reason, domain.Machine.CrashCause);
        var running = new RunningPvDomain(domain, new DomainBackends(domain.Machine, events));
        var notice = new ChangeNotice(domain.Machine, () => events.Changed(running.MemoryKib, running.OnlineVcpus));
        domain.Machine.Memory.Resized = notice.Raise;
        domain.Machine.VcpusChanged = notice.Raise;
        return running;
    }
}
