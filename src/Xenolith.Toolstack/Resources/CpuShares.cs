using Xenolith.Host;
using Xenolith.Host.Cgroups;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Toolstack.Resources;

/// <summary>
/// A domain's weight and cap, by what this machine allows: a cgroup of version 2 or 1 for the domain process, made when they are first set to
/// something unusual; else the nice values of its vCPU threads, where a cap is refused.
/// <para>Thread ownership: the monitor's thread.</para>
/// </summary>
internal sealed class CpuShares(DomainRecord domain)
{
    /// <summary>Weight of a domain that was given none; Xen's.</summary>
    public const int UsualWeight = CpuGroup.UsualWeight;

    // One step of nice is a factor of 1.25 in CPU time. (Linux, kernel/sched/core.c)
    private const double NiceStep = 1.25;
    private const int LeastNice = -20, MostNice = 19;

    private CpuGroup? _group;
    private (int Weight, int Cap) _now = (UsualWeight, 0);

    /// <summary>The group's directory; empty without one.</summary>
    public string GroupPath => _group?.Path ?? string.Empty;

    /// <summary>Makes weight and cap so.</summary>
    /// <param name="weight">1 to 65535.</param>
    /// <param name="cap">Percent of one CPU, 0 for no limit.</param>
    /// <param name="threads">The vCPU threads as far as they exist; call again with all of them when they do.</param>
    /// <exception cref="ToolstackException">This machine does not allow it; the message says why.</exception>
    public void Set(int weight, int cap, IReadOnlyList<int> threads)
    {
        if ((weight, cap) == (UsualWeight, 0) && _now == (UsualWeight, 0))
        {
            return;
        }

        var reason = string.Empty;
        if (_group is null && CpuController.Find(out reason) is { } controller)
        {
            Guard(() =>
            {
                _group = controller.Create($"xenolith-{domain.Domid}-{domain.DomainPid}");
                _group.Adopt(domain.DomainPid);
            });
        }

        if (_group is null)
        {
            if (cap != 0)
            {
                throw new ToolstackException($"domain {domain.Name} cannot be capped at {cap}%: {reason}. Give this user a cgroup with the cpu controller, or leave the cap away.", ToolstackException.CreationFailed);
            }

            Guard(() => SetNice(weight, threads));
        }
        else
        {
            Guard(() =>
            {
                _group.SetWeight(weight);
                _group.SetCap(cap);
            });
        }

        _now = (weight, cap);
    }

    /// <summary>Removes the group; the domain process has ended.</summary>
    public void Remove()
    {
        if (_group is not null)
        {
            CpuGroup.Remove(_group.Path);
        }
    }

    /// <summary>The nice value that gives about the weight's share.</summary>
    internal static int NiceOf(int weight) => Math.Clamp((int)Math.Round(-Math.Log((double)weight / UsualWeight, NiceStep)), LeastNice, MostNice);

    private static void SetNice(int weight, IReadOnlyList<int> threads)
    {
        foreach (var thread in threads.Where(t => t != 0))
        {
            ThreadPlacement.SetNice(thread, NiceOf(weight));
        }
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HostException)
        {
            throw new ToolstackException($"the CPU share of domain {domain.Name} cannot be set: {e.Message}", ToolstackException.CreationFailed, e);
        }
    }
}
