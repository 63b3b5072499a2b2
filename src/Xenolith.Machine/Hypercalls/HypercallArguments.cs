namespace Xenolith.Machine.Hypercalls;

/// <summary>
/// The arguments of one hypercall, taken from registers (RDI, RSI, RDX, R10, R8) or from a multicall entry. A 32-bit guest's are zero-extended.
/// </summary>
/// <param name="First">First argument.</param>
/// <param name="Second">Second argument.</param>
/// <param name="Third">Third argument.</param>
/// <param name="Fourth">Fourth argument.</param>
/// <param name="Fifth">Fifth argument.</param>
public readonly record struct HypercallArguments(ulong First, ulong Second = 0, ulong Third = 0, ulong Fourth = 0, ulong Fifth = 0);
