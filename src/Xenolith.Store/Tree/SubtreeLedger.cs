namespace Xenolith.Store.Tree;

/// <summary>Takes a removed subtree out of the ledger.</summary>
internal static class SubtreeLedger
{
    /// <summary>Discounts a node and everything below it, without recursion: paths can be 1,500 components deep.</summary>
    public static void Discount(NodeLedger ledger, Node removed)
    {
        Discount(ledger, removed.Record);
        if (removed.Branch is not { } top)
            return;
        var open = new Stack<Branch>();
        open.Push(top);
        while (open.TryPop(out var branch))
        {
            foreach (var chunk in branch.Chunks)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    Discount(ledger, chunk[i].Record);
                    if (chunk[i].Branch is { } child)
                        open.Push(child);
                }
            }
        }
    }

    private static void Discount(NodeLedger ledger, byte[] record) =>
        ledger.Add(NodeRecord.OwnerOf(record), -1, -(record.Length + NodeLedger.NodeOverhead));
}
