using Xenolith.Machine.Traps;

namespace Xenolith.Machine.Privileged;

/// <summary>Instructions that a real CPU refuses at CPL3, or that Xen intercepts.</summary>
internal static class PrivilegedInstructions
{
    /// <summary>Emulates the instruction at RIP, or injects the exception that Xen would.</summary>
    public static void Emulate(Vcpu vcpu) => Exceptions.Inject(vcpu, Exceptions.GeneralProtection, 0);
}
