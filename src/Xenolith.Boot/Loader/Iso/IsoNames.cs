namespace Xenolith.Boot.Loader.Iso;

/// <summary>Which names of a CD are used.</summary>
internal enum IsoNames
{
    /// <summary>The standard's own: capital letters, a version behind a semicolon. Compared without regard to case.</summary>
    Plain,

    /// <summary>Joliet's, in UTF-16.</summary>
    Joliet,

    /// <summary>Rock Ridge's: names, links and modes as on any Unix.</summary>
    RockRidge,
}
