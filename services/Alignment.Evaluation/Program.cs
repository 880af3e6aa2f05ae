using Alignment.Evaluation;
using Alignment.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddEvaluation();

var app = builder.Build();
app.MapServiceDefaults();
app.MapEvaluation();
app.Run();
