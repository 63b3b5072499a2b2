using System.Runtime.CompilerServices;
using Xenolith.Engine;
using Xenolith.Machine.Memory;

namespace Xenolith.Machine.Mmu;

/// <summary>
/// A domain's PV MMU: the types of its frames and what the builder needs of them. The hypercalls stand in files of their own.
/// <para>Thread ownership: any thread.</para>
/// </summary>
public sealed class DomainMmu
{
    /// <summary>Makes the MMU of a domain's memory.</summary>
    /// <param name="memory">The memory; it is told about the engine too.</param>
    /// <param name="engine">Whose cached translations must follow.</param>
    public DomainMmu(DomainMemory memory, IEngine engine)
    {
        ArgumentNullException.ThrowIfNull(memory);
        Memory = memory;
        Engine = engine;
        memory.Attach(engine);
        Types = new PageTypes(memory) { Engine = engine };
    }

    /// <summary>The memory.</summary>
    public DomainMemory Memory { get; }

    /// <summary>The engine.</summary>
    public IEngine Engine { get; }

    /// <summary>Types of frames.</summary>
    internal PageTypes Types { get; }

    /// <summary>Checks and pins the page tables that the domain builder made, as the toolstack does before a domain starts.</summary>
    /// <param name="rootMfn">The L4 table.</param>
    /// <exception cref="InvalidOperationException">The tables are not what Xen accepts: a defect of the builder. The message has Xen's error number.</exception>
    public void PinInitialTables(ulong rootMfn)
    {
        var error = Types.GetTable(rootMfn, FrameType.L4);
        if (error != 0)
        {
            throw new InvalidOperationException($"initial page tables at frame {rootMfn:x} were refused (error {-error}): "
                + (Types.LastRefusal ?? "the root is no frame of the domain"));
        }

        Types.TryPin(rootMfn);
    }

    /// <summary>
    /// Refers to a frame that the machine or a backend is to use (a grant, a registered area): until <see cref="LetGo"/> it is neither freed
    /// nor, if writable, made a table.
    /// </summary>
    /// <param name="mfn">Any number that a guest gave.</param>
    /// <param name="writable">It is to be written.</param>
    /// <returns>False if the frame is not the guest's, or is a table and was wanted writable.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryHold(ulong mfn, bool writable) => writable ? Types.TryReferenceWritable(mfn) : Types.TryReference(mfn);

    /// <summary>Undoes one <see cref="TryHold"/> with the same arguments.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void LetGo(ulong mfn, bool writable)
    {
        if (writable)
        {
            Types.PutWritable(mfn);
        }
        else
        {
            Types.PutReference(mfn);
        }
    }
}
