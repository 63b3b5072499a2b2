namespace Xenolith.Machine.Mmu;

/// <summary>Writable page tables.</summary>
internal static class PageTableWrites
{
    public static bool TryFixUp(Vcpu vcpu, ulong address, uint errorCode) => false;
}
