using Microsoft.Win32.SafeHandles;

namespace Xenolith.Toolstack.Domains;

/// <summary>What a PV domain is made of, all opened already.</summary>
public sealed record PvDomainParameters
{
    /// <summary>Domain id.</summary>
    public required int Id { get; init; }

    /// <summary>UUID.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>The kernel image.</summary>
    public required SafeFileHandle Kernel { get; init; }

    /// <summary>Its name, for messages.</summary>
    public required string KernelName { get; init; }

    /// <summary>The ramdisk; null for none.</summary>
    public SafeFileHandle? Ramdisk { get; init; }

    /// <summary>Its name, for messages.</summary>
    public string RamdiskName { get; init; } = string.Empty;

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; init; } = string.Empty;

    /// <summary>Memory at the start, in KiB.</summary>
    public required long MemoryKiB { get; init; }

    /// <summary>Most memory it may have until mem-max says otherwise, in KiB; at least <see cref="MemoryKiB"/>.</summary>
    public long MaximumMemoryKiB { get; init; }

    /// <summary>Most memory it could ever be given, in KiB: nothing but addresses is kept for it.</summary>
    public long RoomKiB { get; init; }

    /// <summary>vCPUs that can exist.</summary>
    public int MaximumVcpus { get; init; } = 1;

    /// <summary>The console's descriptor, owned from now on; null: output is thrown away.</summary>
    public SafeFileHandle? Console { get; init; }

    /// <summary>False if nothing is to be read from <see cref="Console"/>.</summary>
    public bool ConsoleInput { get; init; } = true;

    /// <summary>The connection to the store, owned from now on; null for none.</summary>
    public SafeFileHandle? Store { get; init; }

    /// <summary>Cache of unpacked kernels; null for none.</summary>
    public Boot.Cache.KernelCache? KernelCache { get; init; }

    /// <summary>Most frames of the grant table; null: the usual.</summary>
    public int? MaximumGrantFrames { get; init; }

    /// <summary>Newest layout of the grant table; null: the usual.</summary>
    public int? MaximumGrantVersion { get; init; }

    /// <summary>Highest event channel; null: the usual.</summary>
    public int? MaximumEventChannel { get; init; }

    /// <summary>Seconds that the guest's wall clock is ahead of the host's.</summary>
    public long WallclockOffset { get; init; }
}
