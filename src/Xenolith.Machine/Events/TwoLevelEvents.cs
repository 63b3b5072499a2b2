using Xenolith.Abi;

namespace Xenolith.Machine.Events;

/// <summary>The 2-level ABI: a bit a port in shared_info, a selector word in each vcpu_info. The order of the bit operations is the protocol.</summary>
internal sealed class TwoLevelEvents(Domain domain) : IEventAbi
{
    private const int BitsPerWord = 64;

    public uint Limit => BitsPerWord * BitsPerWord;

    private nint Pending => domain.SharedInfo + SharedInfoLayout.EventPending;

    private nint Mask => domain.SharedInfo + SharedInfoLayout.EventMask;

    public void SetPending(EventPort port)
    {
        var number = (int)port.Number;
        if (SharedWord.TestAndSetBit(Pending, number))
        {
            return;
        }

        if (!SharedWord.TestBit(Mask, number))
        {
            Select(port);
        }

        domain.Events.WakePollers();
    }

    public void ClearPending(EventPort port) => SharedWord.TestAndClearBit(Pending, (int)port.Number);

    public void Unmask(EventPort port)
    {
        var number = (int)port.Number;
        if (SharedWord.TestAndClearBit(Mask, number) && SharedWord.TestBit(Pending, number))
        {
            Select(port);
        }
    }

    public bool IsPending(EventPort port) => SharedWord.TestBit(Pending, (int)port.Number);

    public bool IsBusy(EventPort port) => false;

    private void Select(EventPort port)
    {
        var vcpu = domain.Vcpus[port.NotifyVcpu];
        if (!SharedWord.TestAndSetBit(vcpu.Info + VcpuInfoLayout.PendingSelector, (int)port.Number / BitsPerWord))
        {
            vcpu.MarkEventsPending();
        }
    }
}
