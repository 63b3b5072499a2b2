using static Xenolith.Abi.HypercallNumber;
using static Xenolith.Abi.XenErrno;

namespace Xenolith.Machine.Hypercalls;

/// <summary>
/// Every hypercall by number, as Xen 4.17 answers them to an unprivileged PV domain. Numbers without a row are -ENOSYS, and counted.
/// </summary>
public static class HypercallTable
{
    private static readonly HypercallRow[] All =
    [
        new(VmAssist, "vm_assist", Domain.VmAssist),
        HypercallRow.Refused(PlatformOp, "platform_op", EPERM),
        HypercallRow.Refused(XsmOp, "xsm_op", ENOSYS),
        HypercallRow.Refused(XenoprofOp, "xenoprof_op", ENOSYS),
        HypercallRow.Refused(TmemOp, "tmem_op", ENOSYS),
        HypercallRow.Refused(KexecOp, "kexec_op", EPERM),
        HypercallRow.Refused(Mca, "mca", EPERM),
    ];

    private static readonly HypercallRow?[] ByNumber = Index(All);

    /// <summary>All rows, in no particular order.</summary>
    public static IReadOnlyList<HypercallRow> Rows => All;

    /// <summary>The row of a number, or null.</summary>
    public static HypercallRow? Find(ulong number) => number < Limit ? ByNumber[number] : null;

    private static HypercallRow?[] Index(HypercallRow[] rows)
    {
        var index = new HypercallRow?[Limit];
        foreach (var row in rows)
        {
            if (index[row.Number] is not null)
            {
                throw new InvalidOperationException($"two rows for hypercall {row.Number} ({row.Name})");
            }

            index[row.Number] = row;
        }

        return index;
    }
}
