using Alignment.Inference;
using Alignment.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddInference();

var app = builder.Build();
app.MapServiceDefaults();
app.MapInference();
app.Run();
