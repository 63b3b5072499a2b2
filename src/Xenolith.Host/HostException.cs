using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>A system call failed. The message names the operation, its object and the kernel's reason.</summary>
public sealed class HostException : IOException
{
    /// <summary>For a failed system call.</summary>
    /// <param name="operation">What was tried and on what, as a phrase: <c>open /run/xenolith/lock</c>.</param>
    /// <param name="errno">The kernel's reason, one of <see cref="Xenolith.Host.Errno"/> or any other number.</param>
    public HostException(string operation, int errno)
        : base($"{operation}: {Marshal.GetPInvokeErrorMessage(errno)}")
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>What was tried and on what.</summary>
    public string Operation { get; }

    /// <summary>The kernel's error number.</summary>
    public int Errno { get; }

    /// <summary>The kernel's reason in words, without the operation.</summary>
    public string Reason => Marshal.GetPInvokeErrorMessage(Errno);

    /// <summary>Makes the exception from the last P/Invoke's errno.</summary>
    internal static HostException Last(string operation) => new(operation, Marshal.GetLastPInvokeError());
}
