using Xenolith.Translator.Cache;

namespace Xenolith.Translator;

/// <summary>
/// Whether the kernel pages of all vCPUs are the same. Direct jumps between kernel pages are made on the strength of one vCPU's tables and followed by all, so
/// they are only sound while all roots in force agree on their kernel slots. Linux keeps them equal; once they are seen to differ, jumps
/// between pages go through the branch hash, which each vCPU has for itself, for the rest of the domain's life.
/// </summary>
public sealed partial class TranslatorEngine
{
    /// <summary>True while jumps between kernel pages may be direct.</summary>
    internal bool LinksKernelPages => _cache.LinksKernelPages;

    /// <summary>A vCPU loaded a root whose kernel slots are not those of its last; its own caches are flushed. Outside emitted code.</summary>
    internal void KernelHalfLoaded(VcpuContext vcpu)
    {
        lock (_cache.Gate)
        {
            // Two vCPUs that load at the same time have both stored their slots before either comes here.
            if (_vcpus.Any(other => other != vcpu && other.HasOtherKernelHalf(vcpu)))
            {
                DistrustKernelLinks();
            }
            else if (_cache.LinksKernelPages)
            {
                _cache.UnlinkAll(_forgetLanding);
            }
        }
    }

    // A kernel slot of some root changed, under the gate: no vCPU knows any more what it compared its root with; of several, some may have the old one.
    private void KernelSlotChanged()
    {
        if (_vcpus.Count(vcpu => vcpu.Kernel.Root != 0) > 1)
        {
            DistrustKernelLinks();
        }

        foreach (var vcpu in _vcpus)
        {
            vcpu.ForgetKernelSlots();
        }
    }

    // Under the gate.
    private void DistrustKernelLinks()
    {
        if (_cache.LinksKernelPages)
        {
            _cache.LinksKernelPages = false;
            _cache.UnlinkAll(_forgetLanding);
        }
    }
}
