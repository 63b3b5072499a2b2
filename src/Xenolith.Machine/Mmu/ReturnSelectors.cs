namespace Xenolith.Machine;

/// <content>Counting changes of descriptors.</content>
public sealed partial class Domain
{
    private long _descriptorChanges;

    /// <summary>Grows after each change of a segment descriptor in any table of the domain.</summary>
    internal long DescriptorChanges => Volatile.Read(ref _descriptorChanges);

    /// <summary>A descriptor was written: no vCPU returns to selectors any more that were checked before. Any thread.</summary>
    internal void NoteDescriptorChange()
    {
        Interlocked.Increment(ref _descriptorChanges);
        foreach (var vcpu in Vcpus)
        {
            vcpu.ForgetReturnSelectors();
        }
    }
}

/// <content>
/// The pair of selectors to which an iret may return without reading their descriptors again. A vCPU publishes a pair, then looks whether a
/// descriptor changed since before it read them; who changes one counts first, then takes all pairs back: one of the two sees the other.
/// </content>
public sealed partial class Vcpu
{
    /// <summary>Publishes a checked pair. The vCPU's thread.</summary>
    /// <param name="code">CS, of the GDT.</param>
    /// <param name="stack">SS, of the GDT.</param>
    /// <param name="changes"><see cref="Domain.DescriptorChanges"/> before their descriptors were read.</param>
    internal void PublishReturnSelectors(ushort code, ushort stack, long changes)
    {
        Interlocked.Exchange(ref Registers.Entry.ReturnSelectors, code | ((uint)stack << 16));
        if (Domain.DescriptorChanges != changes)
        {
            ForgetReturnSelectors();
        }
    }

    /// <summary>Takes the pair back. Any thread.</summary>
    internal void ForgetReturnSelectors() => Volatile.Write(ref Registers.Entry.ReturnSelectors, 0);
}
