using Xenolith.Translator.Cache;

namespace Xenolith.Translator;

/// <summary>One vCPU alone in the domain's memory, for what cannot be one access of the host: a locked operand across a page edge.</summary>
public sealed partial class TranslatorEngine
{
    private volatile VcpuContext? _alone;

    /// <summary>Brings all other vCPUs out of emitted code and keeps them out until <see cref="EndAlone"/>. The caller is outside the cache.</summary>
    internal void BeginAlone(VcpuContext vcpu)
    {
        // A vCPU says that it enters before it looks at this field, so either we see it there and wait, or it sees us.
        _cache.Gate.Enter();
        _alone = vcpu;
        Thread.MemoryBarrier();
        foreach (var other in _vcpus)
        {
            if (other != vcpu)
            {
                other.Post(ShootdownKind.Stop, 0);
            }
        }

        foreach (var other in _vcpus)
        {
            if (other != vcpu)
            {
                other.WaitFor();
            }
        }
    }

    /// <summary>Lets the others go on.</summary>
    internal void EndAlone()
    {
        _alone = null;
        _cache.Gate.Exit();
    }

    /// <summary>True if a vCPU may not enter emitted code now.</summary>
    internal bool MustWait(VcpuContext vcpu) => _alone is { } alone && alone != vcpu;

    /// <summary>Waits until it may; without any lock, outside emitted code.</summary>
    internal void WaitForTurn()
    {
        lock (_cache.Gate)
        {
        }
    }
}
