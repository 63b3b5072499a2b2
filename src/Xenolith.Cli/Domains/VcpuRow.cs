namespace Xenolith.Cli.Domains;

/// <summary>A vCPU as <c>xl vcpu-list</c> shows it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Online">Whether it is online.</param>
/// <param name="Running">Whether it runs now; an online vCPU that does not is blocked, unless its domain is paused or has shut down.</param>
/// <param name="Cpu">The host CPU it ran on last.</param>
/// <param name="CpuNanoseconds">CPU time used.</param>
/// <param name="Affinity">The host CPUs it may run on, as text: <c>all</c> or <c>0-1</c>.</param>
/// <param name="SoftAffinity">The host CPUs it should run on.</param>
public sealed record VcpuRow(int Number, bool Online, bool Running, int Cpu, long CpuNanoseconds, string Affinity, string SoftAffinity = "all");
