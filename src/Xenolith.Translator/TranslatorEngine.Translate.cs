using Xenolith.Engine;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Emit;

namespace Xenolith.Translator;

/// <summary>Finding and making translations, and joining them.</summary>
public sealed partial class TranslatorEngine
{
    /// <summary>Finds the code page of an address. False with the vCPU's exit fields set if fetching faults.</summary>
    internal bool TryFetchPage(VcpuContext vcpu, ulong rip, out ulong mfn, out nint page)
    {
        var context = vcpu.Current;
        if (context.TryFetched(rip, out var fetched))
        {
            mfn = fetched.Mfn;
            page = fetched.Page;
            return true;
        }

        mfn = 0;
        page = 0;
        if ((long)(rip << 16) >> 16 != (long)rip)
        {
            vcpu.Registers.ExitVector = 13;
            vcpu.Registers.ExitErrorCode = 0;
            vcpu.Registers.ExitAddress = 0;
            return false;
        }

        var access = WalkAccess.Fetch | (vcpu.Registers.KernelMode == 0 ? WalkAccess.User : 0);
        var result = Walk.Walk(context.Root, rip, access);
        if (!result.Ok)
        {
            vcpu.SetPageFault(rip, result.ErrorCode);
            return false;
        }

        mfn = result.Mfn;
        page = result.Page;
        context.AddFetched(rip, mfn, page);
        return true;
    }

    /// <summary>The entry of the translation at an address; 0 with <paramref name="fault"/> if fetching faults (exit fields set).</summary>
    internal nint FindOrTranslate(VcpuContext vcpu, ulong rip, out bool fault)
    {
        lock (_cache.Gate)
        {
            vcpu.Obey();
            var block = BlockAt(vcpu, rip, out fault, out var once);
            if (block < 0)
            {
                return 0;
            }

            if (!once && (vcpu.Mode & BlockMode.SingleStep) == 0)
            {
                vcpu.Current.SetHashed(rip, _cache.LandingOf(block));
            }

            return _cache.AddressOf(_cache.Blocks[block].Host);
        }
    }

    /// <summary>The entry of the twin without runs of the translation at an address; 0 with <paramref name="fault"/> if fetching faults (exit fields set).</summary>
    internal nint FindTwin(VcpuContext vcpu, ulong rip, out bool fault)
    {
        lock (_cache.Gate)
        {
            vcpu.Obey();
            var block = BlockAt(vcpu, rip, out fault, out _, BlockMode.Apart);
            return block < 0 ? 0 : _cache.AddressOf(_cache.Blocks[block].Host);
        }
    }

    /// <summary>Links a branch to its target, translating that if need be. The caller looks the address up again.</summary>
    internal void Connect(VcpuContext vcpu, int from, int link, ulong target, uint info)
    {
        lock (_cache.Gate)
        {
            var resets = _resets;
            var flagsInSlot = (info & SiteInfo.FlagsInSlot) != 0;
            var block = BlockAt(vcpu, target, out _, out var once, (info & SiteInfo.Twin) != 0 ? BlockMode.Apart : BlockMode.None);
            if (block >= 0 && !once && resets == _resets && !_cache.Blocks[from].Dead)
            {
                ref var source = ref _cache.Blocks[from];
                if (((info & SiteInfo.ReturnPad) != 0 && !_cache.LinksKernelPages)
                    || !_cache.MayLink(source.Rip, target, source.SecondMfn != CodeBlock.NoFrame)
                    || ((long)target >= 0 && _cache.Blocks[block].SecondMfn != CodeBlock.NoFrame))
                {
                    _cache.ConnectThroughHash(link, flagsInSlot);
                }
                else
                {
                    _cache.Connect(link, block, flagsInSlot);
                }
            }
        }
    }

    /// <summary>Makes the branch hash lead to the translation at an address. If fetching faults nothing happens: the look-up faults again.</summary>
    internal void FillHash(VcpuContext vcpu, ulong target)
    {
        lock (_cache.Gate)
        {
            // Requests first: an entry made now must not outlive a flush asked for earlier.
            vcpu.Obey();
            var block = BlockAt(vcpu, target, out _, out var once);
            if (block >= 0 && !once)
            {
                vcpu.Current.SetHashed(target, _cache.LandingOf(block));
            }
        }
    }

    // Under the gate. -1 if fetching faults. A block that may be run once only is found by nobody else and linked from nowhere.
    private int BlockAt(VcpuContext vcpu, ulong rip, out bool fault, out bool once, BlockMode besides = BlockMode.None)
    {
        var mode = vcpu.Mode | besides;
        once = false;
        fault = !TryFetchPage(vcpu, rip, out var mfn, out var page);
        if (fault)
        {
            return -1;
        }

        if ((long)rip < 0 && vcpu.Registers.KernelMode == 0)
        {
            // Blocks do not tell the modes apart, and user mode has tables of its own.
            DistrustKernelLinks();
        }

        if (_cache.IsFull)
        {
            // Before a block is found, too: the caller may add a landing or a way to it.
            ResetCache(vcpu);
        }

        var block = _cache.Find(mfn, rip, mode);
        if (block >= 0 && _cache.Blocks[block].SecondMfn == CodeBlock.NoFrame)
        {
            return block;
        }

        ulong second = CodeBlock.NoFrame;
        nint secondPage = 0;
        if (block >= 0)
        {
            // It crosses into the next page: only good if that is still the same frame.
            if (!TryFetchPage(vcpu, (rip + 4096) & ~4095UL, out second, out _))
            {
                fault = true;
                return -1;
            }

            if (second == _cache.Blocks[block].SecondMfn)
            {
                return block;
            }

            _kills += _cache.Kill(mfn, (int)(rip & 4095), 1, _forgetLanding);
            second = CodeBlock.NoFrame;
        }

        // Writes by another process are not seen: each instruction is read anew when its turn comes.
        once = IsShared(mfn);
        BecomeCode(vcpu, mfn);
        _asker = vcpu;
        if (!_decoder.Decode(rip, mode, page, 0, once ? 1 : DecodedBlock.Capacity))
        {
            if (!TryFetchPage(vcpu, (rip + 4096) & ~4095UL, out second, out secondPage))
            {
                fault = true;
                return -1;
            }

            once |= IsShared(second);
            BecomeCode(vcpu, second);
            _decoder.Decode(rip, mode, page, secondPage, once ? 1 : DecodedBlock.Capacity);
        }

        var decoded = _decoder.Block;
        block = _cache.AddBlock(decoded, mfn, decoded.CrossesPage ? second : CodeBlock.NoFrame);
        _emitter.Emit(decoded, block);
        if (!once)
        {
            _cache.Publish(block);
        }

        _translations++;
        _instructions += decoded.Count;
        return block;
    }

    // Code of the kernel's that a block jumps to, for the flags it reads: while all kernel halves are one.
    private nint CodeAt(ulong address)
    {
        if (_asker is not { } vcpu || !_cache.LinksKernelPages || vcpu.Registers.KernelMode == 0)
        {
            return 0;
        }

        var context = vcpu.Current;
        if (!context.TryFetched(address, out var fetched))
        {
            var result = Walk.Walk(context.Root, address, WalkAccess.Fetch);
            if (!result.Ok)
            {
                return 0;
            }

            context.AddFetched(address, result.Mfn, result.Page);
            fetched.Page = result.Page;
        }

        return fetched.Page + (nint)(address & 4095);
    }

    private bool IsShared(ulong mfn) => (Frames.FlagsOf(mfn) & FrameFlags.Shared) != 0;

    // Before bytes of a frame are read for translation nobody can write them unseen any more.
    private void BecomeCode(VcpuContext vcpu, ulong mfn)
    {
        if ((Frames.FlagsOf(mfn) & (FrameFlags.Code | FrameFlags.Shared)) != 0)
        {
            return;
        }

        var before = Frames.ChangeFlags(mfn, FrameFlags.Code, FrameFlags.None);
        if ((before & FrameFlags.WriteCached) != 0)
        {
            TakeWrites(vcpu, mfn, before);
        }
    }

    // The caller has set the flag that keeps write access from coming back, and read the flags after that.
    private void TakeWrites(VcpuContext? self, ulong mfn, FrameFlags flags)
    {
        var holders = (uint)flags >> 16;
        var mask = holders | ((ulong)holders << 16);
        Everywhere(self, mask | (mask << 32), ShootdownKind.RevokeWrites, mfn);
        Frames.ChangeFlags(mfn, FrameFlags.None, FrameFlags.WriteCached | (FrameFlags)unchecked((int)0xffff_0000));
    }

    // Under the gate, by a vCPU that is outside emitted code.
    private void ResetCache(VcpuContext vcpu)
    {
        _resets++;
        Everywhere(vcpu, ulong.MaxValue, ShootdownKind.FlushHash, 0);
        _cache.Reset();
    }

    // Asks all vCPUs of a mask and waits; does the caller's own share at once.
    private void Everywhere(VcpuContext? self, ulong mask, ShootdownKind kind, ulong value)
    {
        _shootdowns++;
        var vcpus = _vcpus;
        foreach (var vcpu in vcpus)
        {
            if ((mask & (1UL << vcpu.Id)) == 0)
            {
                continue;
            }

            if (vcpu == self)
            {
                vcpu.Apply(kind, value);
            }
            else
            {
                vcpu.Post(kind, value);
            }
        }

        foreach (var vcpu in vcpus)
        {
            if (vcpu != self && (mask & (1UL << vcpu.Id)) != 0)
            {
                vcpu.WaitFor();
            }
        }
    }

    private void ForgetLanding(ulong rip, nint landing)
    {
        foreach (var vcpu in _vcpus)
        {
            vcpu.Kernel.ForgetHashed(rip, landing);
            vcpu.User.ForgetHashed(rip, landing);
        }
    }
}
