using System.Globalization;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Hosts;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Resources;

/// <summary>
/// What a monitor does about its domain's memory. Three figures, as under Xen: the <em>target</em>, which the guest's balloon driver follows; the
/// <em>limit</em> (Xen's max_pages), beyond which the guest gets nothing and which is what the host has promised; the <em>maximum</em>
/// (<c>memory/static-max</c>), which targets may not exceed. mem-set makes the limit follow the target, as libxl does.
/// <para>Thread ownership: the monitor's thread. Locks: the host's, while promises are compared.</para>
/// </summary>
internal sealed class DomainBalloon(DomainInstance domain, MonitorContext context)
{
    private const int KibPerMib = 1024;

    /// <summary>Lets the guest have another amount of memory; it follows in its own time.</summary>
    public void SetTarget(long target, Action<Message> answer)
    {
        var before = domain.Record;
        if (target < KibPerMib)
        {
            answer(Refusal($"domain {before.Name} cannot live on {target} KiB; its least memory is 1 MiB."));
        }
        else if (target > before.MaximumKib)
        {
            answer(Refusal($"domain {before.Name} can have at most {Mib(before.MaximumKib)} MiB (memory/static-max); {Mib(target)} MiB were asked for. "
                + "Raise its maximum with xl mem-max, or `maxmem` in its configuration."));
        }
        else
        {
            Change(before with { TargetKib = target, LimitKib = target }, answer, () => domain.Write(
            [
                Node("memory/target", target),
                new($"/vm/{before.Uuid}/memory", (target / KibPerMib).ToString(CultureInfo.InvariantCulture), Readable),
            ]));
        }
    }

    /// <summary>Sets the most memory targets may ask for.</summary>
    public void SetMaximum(long maximum, Action<Message> answer)
    {
        var before = domain.Record;
        if (maximum < before.TargetKib)
        {
            answer(Refusal($"domain {before.Name} is to have {Mib(before.TargetKib)} MiB now, so its maximum cannot be {Mib(maximum)} MiB. Lower its memory first, with xl mem-set."));
        }
        else
        {
            Change(before with { MaximumKib = maximum, LimitKib = maximum }, answer, () => domain.Write([Node("memory/static-max", maximum)]));
        }
    }

    private string[] Readable => ["n0", $"r{domain.Record.Domid}"];

    private static long Mib(long kib) => kib / KibPerMib;

    private static Message Refusal(string text) => new Message(Verbs.Failed).With("text", text);

    private StoreNode Node(string name, long kib) =>
        new($"/local/domain/{domain.Record.Domid}/{name}", kib.ToString(CultureInfo.InvariantCulture), Readable);

    /// <summary>Takes the promise under the host's lock, then tells the domain process, then the store.</summary>
    private void Change(DomainRecord wanted, Action<Message> answer, Action write)
    {
        var before = domain.Record;
        using (context.State.Lock())
        {
            var promises = XenHost.MemoryOf(context.State, context.Settings);
            if (promises.RefuseGrowth(wanted.Name, wanted.LimitKib, before.PromisedKib, before.MemoryKib) is { } refusal)
            {
                answer(Refusal(refusal));
                return;
            }

            domain.Change(domain.Config, wanted);
        }

        domain.Ask(new Message(Verbs.LimitMemory).With("limit", wanted.LimitKib), reply =>
        {
            if (reply is { Verb: Verbs.Done })
            {
                domain.Change(domain.Config with { MemoryKiB = wanted.TargetKib, MaxMemoryKiB = wanted.MaximumKib }, domain.Record);
                DomainOrders.Guard(answer, () =>
                {
                    write();
                    return new(Verbs.Done);
                });
                return;
            }

            domain.Change(domain.Config, domain.Record with { TargetKib = before.TargetKib, LimitKib = before.LimitKib, MaximumKib = before.MaximumKib });
            answer(Refusal(reply is null
                ? domain.Unanswered
                : $"domain {before.Name} cannot have {Mib(wanted.LimitKib)} MiB: its machine address space is as large as the memory of the host it was made on. "
                    + "Ask for less, or start it anew."));
        });
    }
}
