using System.Runtime.Intrinsics.X86;
using Xenolith.Engine.Cpuid;
using Xenolith.Machine.Time;
using Xenolith.Machine.Version;

namespace Xenolith.Machine.Privileged;

/// <summary>
/// What a domain's CPUID returns: the host's leaves as <see cref="CpuidPolicy"/> lets them through, and what is the domain's own: a topology of one
/// core a vCPU, the size of the enabled extended state, OSXSAVE, Xen's leaves. Leaves that are not here are zero, as Xen answers them.
/// Immutable; any thread.
/// </summary>
public sealed class CpuidTable
{
    private const uint IntelVendorEbx = 0x756e_6547, XsaveBit = 1u << 26, OsXsaveBit = 1u << 27, AvxBit = 1u << 28, HyperThreadingBit = 1u << 28;
    private const ulong Cr4OsXsave = 1 << 18;
    private const uint XsaveBase = 576, XsaveWithAvx = 832;

    /// <summary>Leaf 7.0 EDX on Intel: IBRS and arch_capabilities, which <see cref="ModelSpecificRegisters"/> answers.</summary>
    private const uint IntelMitigations = (1u << 26) | (1u << 29);

    /// <summary>Leaf 0x80000021 ECX on AMD: TSA_SQ_NO and TSA_L1_NO, for the same reason as the policy's.</summary>
    private const uint TransientSchedulerSafe = (1u << 1) | (1u << 2);

    private readonly CpuidValues[] _basic = new CpuidValues[0xe];
    private readonly CpuidValues[] _extended = new CpuidValues[0x22];
    private readonly CpuidValues[] _caches = new CpuidValues[6];
    private readonly CpuidValues[] _features = new CpuidValues[2];
    private readonly CpuidValues[] _xen;
    private readonly Func<uint, uint, CpuidValues> _host;
    private readonly CpuidValues _clockScale, _physicalClock;

    /// <summary>Makes the table of a domain.</summary>
    /// <param name="vcpus">How many vCPUs it has.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="host">What the host answers for a leaf and a subleaf; null asks the processor.</param>
    public CpuidTable(int vcpus, SystemTime time, Func<uint, uint, CpuidValues>? host = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        _host = host ?? AskProcessor;
        var identity = Allowed(0);
        var siblings = (uint)vcpus;
        IsIntel = identity.Ebx == IntelVendorEbx;
        for (uint leaf = 0; leaf < _basic.Length; leaf++)
        {
            _basic[leaf] = leaf <= identity.Eax ? Allowed(leaf) : default;
        }

        _basic[0] = identity with { Eax = Math.Min(identity.Eax, 0xd) };
        var one = _basic[1];
        _basic[1] = one with { Ebx = (one.Ebx & 0xff00) | (siblings << 16), Edx = (one.Edx & ~HyperThreadingBit) | (siblings > 1 ? HyperThreadingBit : 0) };
        HasAvx = (one.Ecx & AvxBit) != 0;
        _features[0] = Allowed(7);
        _features[1] = _features[0].Eax >= 1 ? Allowed(7, 1) : default;
        if (IsIntel)
        {
            _features[0] = _features[0] with { Edx = _features[0].Edx | IntelMitigations };
        }

        for (uint i = 0; IsIntel && i < _caches.Length; i++)
        {
            var cache = Allowed(4, i);
            _caches[i] = (cache.Eax & 0x1f) == 0 ? default : cache with { Eax = (cache.Eax & 0x3fff) | ((siblings - 1) << 26) };
        }

        FillExtended(siblings);
        _xen =
        [
            new(0x4000_0005, 0x566e_6558, 0x6558_4d4d, 0x4d4d_566e), // "XenVMMXenVMM"
            new((XenIdentity.Major << 16) | XenIdentity.Minor, 0, 0, 0),
            new(1, 0x4000_0000, 1, 0),
            new(2 | 4, 0, (uint)(time.Hertz / 1000), 1),
            default,
            new(0, 40, 0, 0),
        ];
        _clockScale = new(0, 0, time.Multiplier, (uint)(byte)time.Shift);
        _physicalClock = new((uint)(time.Hertz / 1000), 0, 0, 0);
    }

    /// <summary>True when the host's vendor is Intel; otherwise it is treated as AMD.</summary>
    public bool IsIntel { get; }

    /// <summary>XCR0 bits that a guest may set: x87, SSE and, if the host has it, AVX.</summary>
    public ulong Xcr0Mask => HasAvx ? 7u : 3u;

    private bool HasAvx { get; }

    /// <summary>One CPUID as a vCPU sees it.</summary>
    /// <param name="leaf">EAX.</param>
    /// <param name="subleaf">ECX.</param>
    /// <param name="xcr0">The vCPU's XCR0.</param>
    /// <param name="cr4">The vCPU's CR4.</param>
    /// <param name="forced">Asked with the forced-emulation prefix in kernel mode: then OSXSAVE is shown always, a part of the PV ABI.</param>
    public CpuidValues Read(uint leaf, uint subleaf, ulong xcr0, ulong cr4, bool forced)
    {
        switch (leaf)
        {
            case 1:
                var one = _basic[1];
                return (one.Ecx & XsaveBit) != 0 && (forced || (cr4 & Cr4OsXsave) != 0) ? one with { Ecx = one.Ecx | OsXsaveBit } : one;
            case 4:
                return subleaf < _caches.Length ? _caches[subleaf] : default;
            case 7:
                return subleaf < _features.Length ? _features[subleaf] : default;
            case 0xd:
                return Xstate(subleaf, xcr0);
            case < 0xe:
                return _basic[leaf];
            case 0x4000_0003 when subleaf != 0:
                return subleaf switch { 1 => _clockScale, 2 => _physicalClock, _ => default };
            case 0x4000_0005 when subleaf != 0:
                return default;
            case >= 0x4000_0000 and <= 0x4000_0005:
                return _xen[leaf - 0x4000_0000];
            case >= 0x8000_0000 and <= 0x8000_0021:
                return _extended[leaf - 0x8000_0000];
            default:
                return default;
        }
    }

    private CpuidValues Allowed(uint leaf, uint subleaf = 0) => CpuidPolicy.Filter(leaf, subleaf, _host(leaf, subleaf));

    /// <summary>The processor's own answer.</summary>
    public static CpuidValues AskProcessor(uint leaf, uint subleaf)
    {
        var (a, b, c, d) = X86Base.CpuId((int)leaf, (int)subleaf);
        return new((uint)a, (uint)b, (uint)c, (uint)d);
    }

    private CpuidValues Xstate(uint subleaf, ulong xcr0)
    {
        if ((_basic[1].Ecx & XsaveBit) == 0)
        {
            return default;
        }

        var enabled = (xcr0 & 4) != 0 ? XsaveWithAvx : XsaveBase;
        return subleaf switch
        {
            0 => new((uint)Xcr0Mask, enabled, HasAvx ? XsaveWithAvx : XsaveBase, 0),
            1 => new(Allowed(0xd, 1).Eax, enabled, 0, 0),
            2 when HasAvx => new(XsaveWithAvx - XsaveBase, XsaveBase, 0, 0),
            _ => default,
        };
    }

    private void FillExtended(uint siblings)
    {
        var maximum = Math.Min(Allowed(0x8000_0000).Eax, IsIntel ? 0x8000_0008 : 0x8000_0021);
        for (var leaf = 0x8000_0000; leaf <= maximum; leaf++)
        {
            var allowed = Allowed(leaf);
            _extended[leaf - 0x8000_0000] = (leaf - 0x8000_0000) switch
            {
                0 => allowed with { Eax = maximum },
                1 => allowed with { Ecx = (allowed.Ecx & ~2u) | (!IsIntel && siblings > 1 ? 2u : 0) },
                8 => allowed with { Ebx = IsIntel ? 0 : allowed.Ebx, Ecx = IsIntel ? 0 : siblings - 1 },
                0x1d => default,
                0x21 => allowed with { Ecx = TransientSchedulerSafe },
                _ => allowed,
            };
        }
    }
}
