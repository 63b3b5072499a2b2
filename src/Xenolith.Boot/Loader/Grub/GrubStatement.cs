namespace Xenolith.Boot.Loader.Grub;

/// <summary>A statement of GRUB's script language.</summary>
internal abstract record GrubStatement;

/// <summary>A command with its words.</summary>
/// <param name="Words">The words, the command's name first.</param>
internal sealed record GrubCommand(IReadOnlyList<GrubWord> Words) : GrubStatement;

/// <summary><c>if ...; then ...; elif ...; else ...; fi</c>.</summary>
/// <param name="Branches">Conditions with what follows them.</param>
/// <param name="Otherwise">What follows <c>else</c>.</param>
internal sealed record GrubIf(IReadOnlyList<(IReadOnlyList<GrubStatement> Condition, IReadOnlyList<GrubStatement> Body)> Branches, IReadOnlyList<GrubStatement> Otherwise)
    : GrubStatement;

/// <summary><c>for NAME in WORDS; do ...; done</c>.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Words">Its values.</param>
/// <param name="Body">The body.</param>
internal sealed record GrubFor(string Name, IReadOnlyList<GrubWord> Words, IReadOnlyList<GrubStatement> Body) : GrubStatement;

/// <summary><c>while ...; do ...; done</c>, or <c>until</c>.</summary>
/// <param name="Condition">The condition.</param>
/// <param name="Negated">It is <c>until</c>.</param>
/// <param name="Body">The body.</param>
internal sealed record GrubWhile(IReadOnlyList<GrubStatement> Condition, bool Negated, IReadOnlyList<GrubStatement> Body) : GrubStatement;

/// <summary><c>function NAME { ... }</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Body">Its body.</param>
internal sealed record GrubFunction(string Name, IReadOnlyList<GrubStatement> Body) : GrubStatement;

/// <summary><c>menuentry ... { ... }</c> or <c>submenu ... { ... }</c>.</summary>
/// <param name="Words">Title and options.</param>
/// <param name="IsSubmenu">It is a submenu.</param>
/// <param name="Body">What it does when it is chosen.</param>
internal sealed record GrubMenuStatement(IReadOnlyList<GrubWord> Words, bool IsSubmenu, IReadOnlyList<GrubStatement> Body) : GrubStatement;
