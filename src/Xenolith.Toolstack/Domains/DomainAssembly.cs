using Xenolith.Boot;

namespace Xenolith.Toolstack.Domains;

/// <summary>Puts a domain together from its parts: memory, kernel, vCPUs on the translator, rings.</summary>
internal sealed class DomainAssembly : IDomainAssembly
{
    /// <inheritdoc/>
    public IRunningDomain Build(DomainResources resources, IDomainEvents events) =>
        throw new BootException($"domain {resources.Config.Name}", "this program has no engine yet", "Take a newer one");
}
