using System.Text;
using Xenolith.Config.Json;
using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Resources;

/// <summary>The table of orders about memory, vCPUs and the like that xl gives a monitor about a domain that is built. Thread ownership: the monitor's thread.</summary>
internal static class DomainOrders
{
    private static readonly Dictionary<string, Action<DomainInstance, Message, Action<Message>>> Table = new(StringComparer.Ordinal)
    {
        [Verbs.SetMemory] = (domain, order, answer) => domain.Balloon.SetTarget(order.Number("target"), answer),
        [Verbs.SetMaximumMemory] = (domain, order, answer) => domain.Balloon.SetMaximum(order.Number("maximum"), answer),
        [Verbs.SetVcpus] = (domain, order, answer) => answer(domain.Processors.SetOnline(order)),
        [Verbs.Pin] = (domain, order, answer) => answer(domain.Processors.Pin(order)),
        [Verbs.Schedule] = (domain, order, answer) => answer(domain.Processors.Schedule(order)),
        [Verbs.UpdateConfig] = UpdateConfig,
        [Verbs.DumpCore] = (domain, order, answer) => CoreFiles.Write(domain, order.Text("path"), answer),
        [Verbs.Nmi] = (domain, order, answer) => Pass(domain, order, answer, $"domain {domain.Record.Name} has no vCPU {order.Text("vcpu")}."),
        [Verbs.DebugKey] = (domain, order, answer) => Pass(domain, order, answer, $"domain {domain.Record.Name} does not know the debug key {order.Text("key")}."),
    };

    /// <summary>Serves an order; false if it is none of these.</summary>
    public static bool TryServe(DomainInstance domain, Message order, Action<Message> answer)
    {
        if (!Table.TryGetValue(order.Verb, out var serve))
        {
            return false;
        }

        Guard(answer, () =>
        {
            serve(domain, order, answer);
            return null;
        });
        return true;
    }

    /// <summary>Does something and answers with what it returns, or with the reason why it could not be done.</summary>
    public static void Guard(Action<Message> answer, Func<Message?> action)
    {
        Message? result;
        try
        {
            result = action();
        }
        catch (Exception e) when (StoreTrouble.Is(e) || e is IOException or UnauthorizedAccessException)
        {
            result = new Message(Verbs.Failed).With("text", e is HostException host ? HostTrouble.Explain(host) : e.Message);
        }

        if (result is not null)
        {
            answer(result);
        }
    }

    private static void UpdateConfig(DomainInstance domain, Message order, Action<Message> answer)
    {
        domain.NextConfig = DomainConfigSerializer.Deserialize(Encoding.UTF8.GetBytes(order.Text("config"))) with { Uuid = domain.Record.Uuid };
        answer(new Message(Verbs.Done));
    }

    private static void Pass(DomainInstance domain, Message order, Action<Message> answer, string refusal) => domain.Ask(order, reply => answer(reply switch
    {
        null => new Message(Verbs.Failed).With("text", domain.Unanswered),
        { Verb: Verbs.Done } => reply,
        _ => new Message(Verbs.Failed).With("text", refusal),
    }));
}
