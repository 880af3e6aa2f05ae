namespace Alignment.Text.Tokenization;

/// <summary>A tokenizer file or setting that cannot be used; the message names the part and what to change.</summary>
public sealed class TokenizerException : Exception
{
    public TokenizerException(string message)
        : base(message)
    {
    }

    public TokenizerException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
