namespace Xenolith.Config.Xm;

/// <summary>The tokens of the part of Python that configuration files of xm are written in.</summary>
internal enum PyTokenKind
{
    /// <summary>A name.</summary>
    Name,

    /// <summary>A string, its prefix, quotes and escapes resolved.</summary>
    String,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>An operator or a bracket; the text says which.</summary>
    Operator,

    /// <summary>The end of a logical line.</summary>
    NewLine,

    /// <summary>Blanks at the beginning of a line: a block, which is not supported.</summary>
    Indent,

    /// <summary>Something that cannot be read; the message is already written.</summary>
    Bad,

    /// <summary>The end of the text.</summary>
    End,
}
