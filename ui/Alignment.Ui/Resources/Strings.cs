namespace Alignment.Ui.Resources;

/// <summary>Marks the texts of the pages: <c>Strings.resx</c> (English) and <c>Strings.pt-BR.resx</c>.</summary>
public sealed class Strings;
