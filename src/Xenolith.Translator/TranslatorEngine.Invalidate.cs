using Xenolith.Engine;
using Xenolith.Translator.Cache;

namespace Xenolith.Translator;

/// <summary>What makes translations and cached mappings void.</summary>
public sealed partial class TranslatorEngine
{
    private const int WritesBeforeSurrender = 8, FirstKernelSlot = 256;
    private const ulong Present = 1, NoExecute = 1UL << 63, FrameMask = 0x000f_ffff_ffff_f000;
    private readonly Dictionary<ulong, int> _codeWrites = [];

    /// <inheritdoc/>
    public void FlushTlb(ulong vcpuMask, ulong? address)
        => Everywhere(null, vcpuMask, address is null ? ShootdownKind.FlushAll : ShootdownKind.FlushPage, address.GetValueOrDefault());

    /// <inheritdoc/>
    public void PageTableEntryChanged(ulong tableMfn, int level, int index, ulong oldEntry)
    {
        // Only direct jumps between pages of the kernel half, and the branch hash, are kept on the strength of executable mappings.
        if ((oldEntry & Present) == 0 || (oldEntry & NoExecute) != 0)
        {
            return;
        }

        var inKernelHalf = (Frames.FlagsOf(tableMfn) & FrameFlags.KernelHalf) != 0 || (level == 4 && index >= FirstKernelSlot);
        if (!inKernelHalf)
        {
            return;
        }

        var mfn = (oldEntry & FrameMask) >> 12;
        if (level == 1 && (Frames.FlagsOf(mfn) & FrameFlags.Code) == 0)
        {
            return;
        }

        lock (_cache.Gate)
        {
            if (level == 1)
            {
                _cache.Unlink(mfn, _forgetLanding);
            }
            else
            {
                _cache.UnlinkAll(_forgetLanding);
                if (level == 4)
                {
                    KernelSlotChanged();
                }
            }
        }
    }

    /// <inheritdoc/>
    public void RevokeWrites(ulong mfn)
    {
        var flags = Frames.FlagsOf(mfn);
        if ((flags & FrameFlags.WriteCached) != 0)
        {
            TakeWrites(null, mfn, flags);
        }

        // Stores past the soft TLB leave no trace in the flags; the caller is outside emitted code and makes none.
        foreach (var vcpu in _vcpus)
        {
            vcpu.WaitForSlowStore();
        }
    }

    /// <inheritdoc/>
    public void ForgetFrame(ulong mfn)
    {
        lock (_cache.Gate)
        {
            if (_cache.HasCode(mfn))
            {
                _kills += _cache.Kill(mfn, 0, MachineFrames.PageSize, _forgetLanding);
            }

            Everywhere(null, ulong.MaxValue, ShootdownKind.ForgetFrame, mfn);
            if (Frames.PageOf(mfn) != 0)
            {
                Frames.ChangeFlags(mfn, FrameFlags.None, FrameFlags.Code | FrameFlags.WriteCached | (FrameFlags)unchecked((int)0xffff_0000));
            }
        }
    }

    /// <inheritdoc/>
    public void CodeWritten(ulong mfn, int offset, int length)
    {
        lock (_cache.Gate)
        {
            _kills += _cache.Kill(mfn, offset, length, _forgetLanding);
            var writes = _codeWrites.GetValueOrDefault(mfn) + 1;
            if (writes >= WritesBeforeSurrender && _cache.HasCode(mfn))
            {
                // Written again and again: it is data by now, or code that comes as a whole.
                _kills += _cache.Kill(mfn, 0, MachineFrames.PageSize, _forgetLanding);
            }

            if (!_cache.HasCode(mfn))
            {
                Frames.ChangeFlags(mfn, FrameFlags.None, FrameFlags.Code);
                _codeWrites.Remove(mfn);
            }
            else
            {
                _codeWrites[mfn] = writes;
            }
        }
    }
}
