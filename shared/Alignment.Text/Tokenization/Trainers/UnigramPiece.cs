namespace Alignment.Text.Tokenization.Trainers;

/// <summary>A piece during training, with its log-probability.</summary>
internal readonly record struct UnigramPiece(int[] Chars, double Score);
