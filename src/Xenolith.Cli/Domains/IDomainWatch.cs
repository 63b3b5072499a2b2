using Xenolith.Toolstack;

namespace Xenolith.Cli.Domains;

/// <summary>A watch for a domain's end.</summary>
public interface IDomainWatch : IDisposable
{
    /// <summary>Waits until the domain has shut down or is gone; or, with <paramref name="death"/>, until it is gone.</summary>
    DomainEnd Next(bool death);
}
