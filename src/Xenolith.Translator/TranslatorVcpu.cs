using Xenolith.Engine;
using Xenolith.Host.Signals;

namespace Xenolith.Translator;

/// <summary>The contract's view of a <see cref="VcpuContext"/>.</summary>
internal sealed class TranslatorVcpu(TranslatorEngine engine, VcpuContext context) : IVcpuEngine
{
    private readonly ExtendedStateImage _extended = new(context, engine.Thunks);
    private int _thread;

    /// <summary>The engine's side of this vCPU.</summary>
    public VcpuContext Context => context;

    /// <inheritdoc/>
    public ref VcpuRegisters Registers => ref context.Registers;

    /// <inheritdoc/>
    public int ExtendedStateSize => ExtendedStateImage.Size;

    /// <inheritdoc/>
    public void LoadRoots(ulong kernelRootMfn, ulong userRootMfn) => context.LoadRoots(kernelRootMfn, userRootMfn);

    /// <inheritdoc/>
    public void FlushTlb(ulong? address)
        => context.Apply(address is null ? Cache.ShootdownKind.FlushAll : Cache.ShootdownKind.FlushPage, address.GetValueOrDefault());

    /// <inheritdoc/>
    public void SetBreakpoints(ReadOnlySpan<ulong> addresses, ulong control) => context.SetBreakpoints(addresses, control);

    /// <inheritdoc/>
    public ExitReason Run()
    {
        var thread = Environment.CurrentManagedThreadId;
        if (thread != _thread)
        {
            _thread = thread;
            FaultSignals.EnsureAlternateStack();
            _extended.LoadX87();
        }

        return context.Run();
    }

    /// <inheritdoc/>
    public bool TryTranslateCached(ulong address, bool write, out nint host, out ulong mfn)
    {
        context.Obey();
        return context.Current.TryLookUp(address, write, out host, out mfn);
    }

    /// <inheritdoc/>
    public void Kick() => context.Kick();

    /// <inheritdoc/>
    public void SaveExtendedState(Span<byte> area)
    {
        if (_thread == Environment.CurrentManagedThreadId)
        {
            _extended.SaveX87();
        }

        _extended.Save(area);
    }

    /// <inheritdoc/>
    public void LoadExtendedState(ReadOnlySpan<byte> area)
    {
        _extended.Load(area);
        _thread = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        engine.Remove(context);
        _extended.Dispose();
        context.Dispose();
    }
}
