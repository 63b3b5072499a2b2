using Xenolith.Engine;

namespace Xenolith.Tests.Unit.Machine.Mmu;

/// <summary>An engine that executes nothing and writes down what the machine tells it.</summary>
internal sealed class RecordingEngine : IEngine
{
    public List<string> Calls { get; } = [];

    /// <summary>For tests with several threads: nothing is written down.</summary>
    public bool Silent { get; set; }

    /// <summary>Asked at <see cref="RevokeWrites"/>: what the frame's flags are then.</summary>
    public Func<ulong, FrameFlags>? FlagsAtRevoke { get; set; }

    public string Name => "recording";

    public IVcpuEngine CreateVcpu(int vcpuId) => new Vcpu(this);

    public void FlushTlb(ulong vcpuMask, ulong? address) => Note($"flush {vcpuMask:x} {Show(address)}");

    public void PageTableEntryChanged(ulong tableMfn, int level, int index, ulong oldEntry) => Note($"changed {tableMfn:x} L{level} {index}");

    public void RevokeWrites(ulong mfn) => Note($"revoke {mfn:x} {FlagsAtRevoke?.Invoke(mfn)}");

    public void ForgetFrame(ulong mfn) => Note($"forget {mfn:x}");

    public IReadOnlyList<KeyValuePair<string, long>> Counters() => [];

    public void Dispose()
    {
    }

    private void Note(string call)
    {
        if (!Silent)
        {
            Calls.Add(call);
        }
    }

    private static string Show(ulong? address) => address is { } a ? a.ToString("x") : "all";

    private sealed class Vcpu(RecordingEngine engine) : IVcpuEngine
    {
        private readonly VcpuRegisters[] _registers = GC.AllocateArray<VcpuRegisters>(1, pinned: true);

        public ref VcpuRegisters Registers => ref _registers[0];

        public int ExtendedStateSize => 832;

        public void LoadRoots(ulong kernelRootMfn, ulong userRootMfn) => engine.Note($"roots {kernelRootMfn:x} {userRootMfn:x}");

        public void FlushTlb(ulong? address) => engine.Note($"local {Show(address)}");

        public ExitReason Run() => ExitReason.Interrupted;

        public void Kick()
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
}
