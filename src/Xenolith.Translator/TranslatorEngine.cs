using Xenolith.Engine;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Emit;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator;

/// <summary>
/// Engine 1: dynamic binary translation of x86-64 to x86-64 (design 4.1). One code cache for all vCPUs of a domain.
/// <para>Lock order: the cache's gate, then a vCPU's queue. Whoever holds the gate may wait for other vCPUs to leave emitted code: they wait for
/// the gate only outside. The vCPU list is replaced, never changed.</para>
/// </summary>
public sealed partial class TranslatorEngine : IEngine, ICodeWatcher
{
    /// <summary>Default bound in bytes of the code cache with its side tables and the vCPUs' branch hashes.</summary>
    public const int DefaultCodeSize = 64 << 20;

    private const int MnemonicsShown = 20;
    private readonly CodeCache _cache;
    private readonly BlockDecoder _decoder = new();
    private readonly BlockEmitter _emitter;
    private readonly Action<string> _log;
    private readonly Action<ulong, nint> _forgetLanding;

    // The vCPU that translates now, for the decoder's look at other pages. A field: a closure for each block would be the heap's largest user.
    private VcpuContext? _asker;
    private volatile VcpuContext[] _vcpus = [];
    private long _translations, _instructions, _kills, _resets, _shootdowns;

    /// <summary>Makes an engine.</summary>
    /// <param name="frames">The domain's machine address space; the engine becomes its <see cref="MachineFrames.CodeWatcher"/>.</param>
    /// <param name="walk">Walks the guest's page tables.</param>
    /// <param name="log">Where the engine says in words what it cannot do; may be called from any vCPU thread.</param>
    /// <param name="vcpus">How many vCPUs there will be at most: their branch hashes count.</param>
    /// <param name="codeSize">Bound in bytes of the code cache with its side tables and the branch hashes.</param>
    public TranslatorEngine(MachineFrames frames, PageWalk walk, Action<string>? log = null, int vcpus = 1, int codeSize = DefaultCodeSize)
    {
        ArgumentNullException.ThrowIfNull(frames);
        if (!System.Runtime.Intrinsics.X86.Bmi2.IsSupported || !System.Runtime.Intrinsics.X86.Avx2.IsSupported)
        {
            throw new PlatformNotSupportedException("the translator needs a CPU with AVX2 and BMI2 (Haswell, Zen or later); use engine = \"kvm\" on this host");
        }

        Frames = frames;
        Walk = walk;
        _log = log ?? (_ => { });
        _cache = new CodeCache(CodeBudget.Share(codeSize, vcpus));
        EmptyContext = new EmptyContext(_cache.Thunks.Indirect);
        _emitter = new BlockEmitter(_cache);
        _forgetLanding = ForgetLanding;
        _decoder.CodeAt = CodeAt;
        frames.CodeWatcher = this;
    }

    /// <inheritdoc/>
    public string Name => "translator";

    internal MachineFrames Frames { get; }

    internal PageWalk Walk { get; }

    internal Thunks Thunks => _cache.Thunks;

    internal CodeCache Cache => _cache;

    internal EmptyContext EmptyContext { get; }

    /// <inheritdoc/>
    public IVcpuEngine CreateVcpu(int vcpuId)
    {
        var context = new VcpuContext(this, _cache, vcpuId);
        lock (_cache.Gate)
        {
            _vcpus = [.. _vcpus, context];
        }

        return new TranslatorVcpu(this, context);
    }

    internal void Remove(VcpuContext vcpu)
    {
        lock (_cache.Gate)
        {
            _vcpus = [.. _vcpus.Where(other => other != vcpu)];
        }
    }

    internal void Log(VcpuContext vcpu, string message) => _log($"translator: vcpu {vcpu.Id}: {message}");

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, long>> Counters()
    {
        var counters = new List<KeyValuePair<string, long>>
        {
            new("translator/blocks", _translations),
            new("translator/instructions", _instructions),
            new("translator/code-bytes", _cache.Used),
            new("translator/code-table-bytes", _cache.TablesUsed),
            new("translator/blocks-killed", _kills),
            new("translator/cache-resets", _resets),
            new("translator/shootdowns", _shootdowns),
            new("translator/kernel-pages-linked", LinksKernelPages ? 1 : 0),
        };
        var vcpus = _vcpus;
        foreach (var kind in Enum.GetValues<ExitKind>())
        {
            counters.Add(new($"translator/exits/{kind}", vcpus.Sum(vcpu => vcpu.Exits(kind))));
        }

        counters.Add(new("translator/emitted/syscall", vcpus.Sum(vcpu => (long)vcpu.Slot(State.EmittedEntries))));
        counters.Add(new("translator/emitted/tlb-refill", vcpus.Sum(vcpu => (long)vcpu.Slot(State.Refills))));
        counters.Add(new("translator/emitted/iret", vcpus.Sum(vcpu => (long)vcpu.Slot(State.EmittedReturns))));
        counters.Add(new("translator/32-bit-segments-refused", vcpus.Sum(vcpu => vcpu.CompatibilityRefusals)));
        counters.Add(new("translator/slow-instructions", vcpus.Sum(vcpu => vcpu.SlowCount)));
        counters.Add(new("translator/kicks-in-code", vcpus.Sum(vcpu => vcpu.Polls)));
        var slowest = vcpus.SelectMany(vcpu => vcpu.SlowByMnemonic()).GroupBy(pair => pair.Mnemonic, pair => pair.Count)
            .Select(group => (Name: group.Key, Count: group.Sum())).OrderByDescending(row => row.Count).Take(MnemonicsShown);
        counters.AddRange(slowest.Select(row => new KeyValuePair<string, long>($"translator/slow/{row.Name}", row.Count)));
        return counters;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (ReferenceEquals(Frames.CodeWatcher, this))
        {
            Frames.CodeWatcher = null;
        }

        EmptyContext.Dispose();
        _cache.Dispose();
        _decoder.Dispose();
    }
}
