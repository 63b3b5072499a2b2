namespace Xenolith.Machine.Hypercalls;

/// <summary>
/// What a hypercall does. Runs on the calling vCPU's thread, holding no lock. Guest input: never throws for it. Returns what goes into RAX
/// (a negated <see cref="Xenolith.Abi.XenErrno"/> for errors).
/// </summary>
public delegate long HypercallHandler(Vcpu vcpu, in HypercallArguments arguments);

/// <summary>One row of <see cref="HypercallTable"/>.</summary>
/// <param name="Number">Its <see cref="Xenolith.Abi.HypercallNumber"/>.</param>
/// <param name="Name">The ABI's name, as in <c>xl debug</c> and the log.</param>
/// <param name="Handler">What it does; null for one that an unprivileged domain is refused.</param>
/// <param name="Refusal">With no handler: the error, positive.</param>
public sealed record HypercallRow(int Number, string Name, HypercallHandler? Handler, int Refusal = 0)
{
    /// <summary>A row that is refused with an error.</summary>
    public static HypercallRow Refused(int number, string name, int errno) => new(number, name, null, errno);
}
