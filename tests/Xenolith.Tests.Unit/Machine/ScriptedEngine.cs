using Xenolith.Engine;

namespace Xenolith.Tests.Unit.Machine;

/// <summary>An engine whose guest code is C#: each Run calls the vCPU's script, which returns the exit. A kick is remembered until a Run.</summary>
internal sealed class ScriptedEngine : IEngine
{
    private readonly Dictionary<int, ScriptedVcpu> _vcpus = [];

    public string Name => "scripted";

    public ScriptedVcpu this[int vcpu] => _vcpus[vcpu];

    public IVcpuEngine CreateVcpu(int vcpuId) => _vcpus[vcpuId] = new ScriptedVcpu();

    public void FlushTlb(ulong vcpuMask, ulong? address)
    {
    }

    public void PageTableEntryChanged(ulong tableMfn, int level, int index, ulong oldEntry)
    {
    }

    public void RevokeWrites(ulong mfn)
    {
    }

    public void ForgetFrame(ulong mfn)
    {
    }

    public IReadOnlyList<KeyValuePair<string, long>> Counters() => [];

    public void Dispose()
    {
    }
}

/// <summary>One vCPU of it. Without a script, or when it is used up, it waits for a kick as an endless loop in a guest would.</summary>
internal sealed class ScriptedVcpu : IVcpuEngine
{
    private readonly AutoResetEvent _kick = new(false);
    private readonly VcpuRegisters[] _registers = GC.AllocateArray<VcpuRegisters>(1, pinned: true);

    /// <summary>What the guest does next; null return: wait for a kick.</summary>
    public Func<ScriptedVcpu, ExitReason?>? Script { get; set; }

    public int Kicks { get; private set; }

    public ref VcpuRegisters Registers => ref _registers[0];

    public int ExtendedStateSize => 832;

    public ExitReason Run()
    {
        if (Script?.Invoke(this) is { } reason)
        {
            return reason;
        }

        _kick.WaitOne();
        return ExitReason.Interrupted;
    }

    /// <summary>Makes the exit of a hypercall.</summary>
    public ExitReason Hypercall(int number, ulong first = 0, ulong second = 0, ulong third = 0)
    {
        (_registers[0].Rax, _registers[0].Rdi, _registers[0].Rsi, _registers[0].Rdx) = ((ulong)number, first, second, third);
        return ExitReason.Hypercall;
    }

    public void Kick()
    {
        Kicks++;
        _kick.Set();
    }

    public void LoadRoots(ulong kernelRootMfn, ulong userRootMfn)
    {
    }

    public void FlushTlb(ulong? address)
    {
    }

    public void SetBreakpoints(ReadOnlySpan<ulong> addresses, ulong control)
    {
    }

    public void SaveExtendedState(Span<byte> area) => area.Clear();

    public void LoadExtendedState(ReadOnlySpan<byte> area)
    {
    }

    public void Dispose()
    {
    }
}
